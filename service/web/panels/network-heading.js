/** @file The heading of a network: its name and size, what it reads, and the scale of its maps. */

import { counted } from "../arithmetic/numerals.js";
import { element, put } from "../parts/element.js";
import { legend } from "../parts/legend.js";
import { isRead, verdict } from "./verdict.js";

export class NetworkHeading {
  /**
   * @param {object} options
   * @param {import("../strings.js").Text} options.text
   * @param {{name: string, version: string, parameters: number}} options.network
   * @param {boolean} options.isFirst whether the answer beside the drawing is this network's
   */
  constructor({ text, network: { name, version, parameters }, isFirst }) {
    this.text = text;
    this.name = name;
    // What the first one reads is told beside the drawing: screen readers hear it once.
    this.reading = element("p", { class: "reading", role: isFirst ? undefined : "status" });
    this.element = element(
      "header",
      {},
      element(
        "div",
        { class: "heading" },
        element(
          "h3",
          {},
          `${name} `,
          element("span", {}, text("network_total", { count: counted(parameters), version })),
        ),
        this.reading,
      ),
      legend({ low: text("scale_low"), high: text("scale_high"), label: text("scale") }),
    );
  }

  /** @param {import("../service.js").Prediction | null} prediction null while there is nothing to read */
  show(prediction) {
    const words = prediction ? this.words(prediction) : "";
    // Screen readers repeat what is written again.
    if (this.reading.dataset.said === words) return;
    this.reading.dataset.said = words;
    put(this.reading, words ? [element("span", { class: "unseen" }, `${this.name} `), words] : null);
  }

  /** @param {import("../service.js").Prediction} prediction */
  words(prediction) {
    const said = verdict(prediction, this.text);
    return isRead(prediction)
      ? this.text("reads", { digit: prediction.digit ?? "", said })
      : said.charAt(0).toLowerCase() + said.slice(1);
  }
}

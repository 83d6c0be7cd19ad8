/** @file The answer: the digit, how sure, and a bar for each of the ten. */

import { fixed } from "../arithmetic/numerals.js";
import { element } from "../parts/element.js";
import { isRead, verdict } from "./verdict.js";

export class PredictionView {
  /** @param {import("../strings.js").Text} text */
  constructor(text) {
    this.text = text;
    this.numeral = element("output", { class: "numeral", "data-digit": "" });
    this.whose = element("p", { class: "whose" });
    this.said = element("p", { class: "said", role: "status" });
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const fill = element("span", { class: "fill" });
      const share = element("span", { class: "share" });
      return {
        fill,
        share,
        element: element(
          "li",
          {},
          element("span", { class: "digit" }, digit),
          element("span", { class: "track" }, fill),
          share,
        ),
      };
    });
    this.element = element(
      "section",
      { class: "prediction", "aria-label": text("answer") },
      element("div", { class: "verdict" }, this.numeral, this.whose, this.said),
      element(
        "ol",
        { class: "bars", "aria-label": text("probabilities") },
        this.rows.map((row) => row.element),
      ),
    );
    this.show(null);
  }

  /** @param {import("../service.js").Prediction | null} prediction null while there is nothing to read */
  show(prediction) {
    const { text } = this;
    const digit = prediction?.digit ?? null;
    this.element.classList.toggle("is-doubtful", !isRead(prediction));
    this.numeral.textContent = digit === null ? "–" : String(digit);
    this.numeral.dataset.digit = digit === null ? "" : String(digit);
    this.tell(verdict(prediction, text));
    this.rows.forEach(({ fill, share, element: row }, index) => {
      const probability = digit === null ? 0 : (prediction?.probabilities[index] ?? 0);
      fill.style.transform = `scaleX(${probability})`;
      share.textContent = digit === null ? "" : fixed(probability * 100, 1);
      row.classList.toggle("is-best", index === digit);
    });
  }

  /** Say which network answers, where there are several. @param {string} network */
  own(network) {
    this.whose.textContent = network;
    this.element.setAttribute("aria-label", this.text("answer_of", { network }));
  }

  /** There is something to read, but no answer. */
  fail() {
    this.show(null);
    this.tell(this.text("no_answer"));
  }

  /** @param {string} words */
  tell(words) {
    // Screen readers repeat what is written again.
    if (this.said.textContent !== words) this.said.textContent = words;
  }
}

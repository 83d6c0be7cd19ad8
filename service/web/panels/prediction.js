/** @file The answer: the digit, how sure, and a bar for each of the ten. */

import { fixed } from "../arithmetic/numerals.js";
import { element } from "../parts/element.js";

/** What is said of a picture that is no digit, by its reason; "" while there is nothing to read. @type {Record<string, import("../strings.js").Key>} */
const WHY = { "": "draw_something", blank: "no_ink", several: "several", unfamiliar: "no_digit" };

export class PredictionView {
  /** @param {import("../strings.js").Text} text */
  constructor(text) {
    this.text = text;
    this.numeral = element("output", { class: "numeral", "data-digit": "" });
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
      element("div", { class: "verdict" }, this.numeral, this.said),
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
    const isSure = digit !== null && prediction?.is_digit;
    this.element.classList.toggle("is-doubtful", !isSure);
    this.numeral.textContent = digit === null ? "–" : String(digit);
    this.numeral.dataset.digit = digit === null ? "" : String(digit);
    const confidence = prediction?.confidence ?? 0;
    const percent = confidence > 0.999 ? `> ${fixed(99.9, 1)}` : fixed(confidence * 100, 1);
    this.tell(isSure ? text("confidence", { percent }) : text(WHY[prediction?.reason ?? ""]));
    this.rows.forEach(({ fill, share, element: row }, index) => {
      const probability = digit === null ? 0 : (prediction?.probabilities[index] ?? 0);
      fill.style.transform = `scaleX(${probability})`;
      share.textContent = digit === null ? "" : fixed(probability * 100, 1);
      row.classList.toggle("is-best", index === digit);
    });
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

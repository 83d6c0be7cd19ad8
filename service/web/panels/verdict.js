/** @file What is said of an answer: how sure it is, or why the picture is no digit. */

import { fixed } from "../arithmetic/numerals.js";

/** By the reason; "" while there is nothing to read. @type {Record<string, import("../strings.js").Key>} */
const WHY = { "": "draw_something", blank: "no_ink", several: "several", unfamiliar: "no_digit" };

/** Whether a digit was read. @param {import("../service.js").Prediction | null} prediction */
export function isRead(prediction) {
  return prediction !== null && prediction.digit !== null && prediction.is_digit;
}

/** @param {import("../service.js").Prediction | null} prediction null while there is nothing to read @param {import("../strings.js").Text} text */
export function verdict(prediction, text) {
  if (!prediction || !isRead(prediction)) return text(WHY[prediction?.reason ?? ""]);
  const { confidence } = prediction;
  const percent = confidence > 0.999 ? `> ${fixed(99.9, 1)}` : fixed(confidence * 100, 1);
  return text("confidence", { percent });
}

/** @file A scale of tones, with what its ends stand for. */

import { MatrixCanvas } from "./matrix-canvas.js";
import { element } from "./element.js";

const STEPS = 90;

/**
 * @param {{low: string, high: string, label: string, tones?: import("./matrix-canvas.js").Tones}} words
 */
export function legend({ low, high, label, tones = "signed" }) {
  const canvas = new MatrixCanvas({
    columns: 1,
    cell: 0.1,
    gap: 0,
    tones,
    attributes: { class: "tones", role: "img", "aria-label": label },
  });
  const from = tones === "signed" ? -STEPS : 0;
  canvas.show([[Array.from({ length: STEPS - from + 1 }, (_, step) => from + step)]], STEPS);
  canvas.element.removeAttribute("style");
  return element("div", { class: "legend" }, element("span", {}, low), canvas.element, element("span", {}, high));
}

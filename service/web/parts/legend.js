/** @file The diverging scale, with what its ends stand for. */

import { paint } from "../arithmetic/colour-scale.js";
import { theme } from "./theme.js";
import { element } from "./element.js";

const WIDTH = 181;

/**
 * @param {{low: string, middle?: string, high: string, label: string}} words
 */
export function legend({ low, high, label }) {
  const canvas = element("canvas", { width: WIDTH, height: 1, role: "img", "aria-label": label });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = pen.createImageData(WIDTH, 1);
  for (let x = 0; x < WIDTH; x += 1) paint(picture.data, 4 * x, x / ((WIDTH - 1) / 2) - 1, 1, theme());
  pen.putImageData(picture, 0, 0);
  const from = element("span", {}, low);
  const to = element("span", {}, high);
  return { element: element("div", { class: "legend" }, from, canvas, to), from, to };
}

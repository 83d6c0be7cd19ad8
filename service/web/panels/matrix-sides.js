/** @file Rows and columns of matrices as four counts, which follow the matrices when they change elsewhere. */

import { count } from "../parts/controls.js";
import { MOST_SIDE } from "./convolution-state.js";

/**
 * @template {string} T
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {readonly T[]} options.names
 * @param {(name: T) => number[][]} options.now
 * @param {(name: T, matrix: number[][]) => void} options.onChange
 */
export function matrixSides({ text, names, now, onChange }) {
  const sides = names.flatMap((name) =>
    [0, 1].map((axis) => {
      const side = () => (axis ? now(name)[0].length : now(name).length);
      const words = text(/** @type {"input_rows"} */ (`${name}_${axis ? "columns" : "rows"}`));
      const change = (/** @type {number} */ value) => onChange(name, resized(now(name), axis, value));
      const field = count({ name: words, value: side(), least: 1, most: MOST_SIDE, onChange: change });
      return { field, side, input: /** @type {HTMLInputElement} */ (field.querySelector("input")) };
    }),
  );

  /** Show what is so now, but not under the fingers of who types it. */
  function tell() {
    for (const { input, side } of sides) {
      if (document.activeElement !== input) input.value = String(side());
    }
  }

  return { fields: sides.map(({ field }) => field), tell };
}

/** @param {number[][]} matrix @param {number} axis @param {number} size new places are zeros */
function resized(matrix, axis, size) {
  const [height, width] = axis ? [matrix.length, size] : [size, matrix[0].length];
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => matrix[y]?.[x] ?? 0),
  );
}

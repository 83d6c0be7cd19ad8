/** @file Pooling of one channel, cell by cell; padding is never a value in it. */

import { resolvePadding } from "./border.js";
import { outputSize } from "./size.js";

/**
 * @typedef {object} Pooling
 * @property {number[][]} input
 * @property {"max" | "average"} operation
 * @property {[number, number]} patch
 * @property {[number, number]} stride
 * @property {[import("./border.js").Padding, import("./border.js").Padding]} padding
 */

/**
 * Plan a pooling: places of the padded input (null outside), the output and every cell.
 * @param {Pooling} pooling
 */
export function pool({ input, operation, patch, stride, padding }) {
  const sides = [input.length, input[0].length];
  const axes = [0, 1].map((axis) => {
    const sizes = { size: sides[axis], kernel: patch[axis], stride: stride[axis], dilation: 1 };
    const [before, after] = resolvePadding(padding[axis], sizes);
    return { ...sizes, before, after, output: outputSize({ ...sizes, before, after }) };
  });
  const [vertical, horizontal] = axes;
  const places = Array.from({ length: sides[0] + vertical.before + vertical.after }, (_, y) =>
    Array.from({ length: sides[1] + horizontal.before + horizontal.after }, (_, x) => {
      return input[y - vertical.before]?.[x - horizontal.before] ?? null;
    }),
  );

  /** @param {number} row @param {number} column */
  function cell(row, column) {
    const top = row * stride[0];
    const left = column * stride[1];
    /** @type {{value: number, row: number, column: number}[]} */
    const found = [];
    for (let y = top; y < top + patch[0]; y += 1) {
      for (let x = left; x < left + patch[1]; x += 1) {
        const value = places[y][x];
        if (value !== null) found.push({ value, row: y, column: x });
      }
    }
    const sum = found.reduce((total, one) => total + one.value, 0);
    // The first of equals, in row order, wins.
    const winner = found.reduce((best, one) => (one.value > best.value ? one : best), found[0]);
    const value = operation === "max" ? winner.value : sum / found.length;
    return {
      row,
      column,
      top,
      left,
      found,
      winner,
      sum,
      count: found.length,
      area: patch[0] * patch[1],
      value,
    };
  }

  const output = Array.from({ length: vertical.output.size }, (_, row) =>
    Array.from({ length: horizontal.output.size }, (_, column) => cell(row, column).value),
  );
  const empty = !output.length || !output[0].length;
  return { places, axes, output: empty ? [] : output, cell };
}

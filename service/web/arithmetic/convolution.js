/** @file Convolution of one channel with one kernel, cell by cell. */

import { ACTIVATIONS } from "./activation.js";
import { pad, resolvePadding } from "./border.js";
import { outputSize } from "./size.js";

/**
 * @typedef {object} Convolution
 * @property {number[][]} input
 * @property {number[][]} kernel as written
 * @property {"convolution" | "cross_correlation"} operation
 * @property {[import("./border.js").Padding, import("./border.js").Padding]} padding height, width
 * @property {import("./border.js").BorderMode} border
 * @property {[number, number]} stride
 * @property {[number, number]} dilation
 * @property {number} bias
 * @property {string} activation
 */

/** @typedef {{place: import("./border.js").Place, weight: number, product: number}} Term */

/**
 * @typedef {object} Cell
 * @property {number} row of the output
 * @property {number} column
 * @property {number} top of the window, in the padded input
 * @property {number} left
 * @property {Term[][]} terms
 * @property {number} sum of the products
 * @property {number} biased
 * @property {number} value after the activation
 */

/**
 * The kernel turned by 180 degrees.
 * @param {number[][]} kernel
 */
export function turn(kernel) {
  return kernel.map((row) => [...row].reverse()).reverse();
}

/**
 * Plan a convolution: the padded input, the kernel as applied, the output's size, and every cell.
 * @param {Convolution} convolution
 */
export function convolve(convolution) {
  const { input, kernel, operation, padding, border, stride, dilation, bias, activation } = convolution;
  const applied = operation === "convolution" ? turn(kernel) : kernel;
  const sides = [input.length, input[0].length];
  const taps = [kernel.length, kernel[0].length];
  const axes = [0, 1].map((axis) => {
    const sizes = { size: sides[axis], kernel: taps[axis], stride: stride[axis], dilation: dilation[axis] };
    const [before, after] = resolvePadding(padding[axis], sizes);
    return { ...sizes, before, after, output: outputSize({ ...sizes, before, after }) };
  });
  const places = pad(
    input,
    [
      [axes[0].before, axes[0].after],
      [axes[1].before, axes[1].after],
    ],
    border,
  );

  /** @param {number} row @param {number} column @returns {Cell} */
  function cell(row, column) {
    const top = row * stride[0];
    const left = column * stride[1];
    const terms = applied.map((weights, y) =>
      weights.map((weight, x) => {
        const place = places[top + y * dilation[0]][left + x * dilation[1]];
        return { place, weight, product: place.value * weight };
      }),
    );
    const sum = terms.flat().reduce((total, term) => total + term.product, 0);
    const biased = sum + bias;
    return { row, column, top, left, terms, sum, biased, value: ACTIVATIONS[activation](biased) };
  }

  const output = Array.from({ length: axes[0].output.size }, (_, row) =>
    Array.from({ length: axes[1].output.size }, (_, column) => cell(row, column).value),
  );
  const empty = !output.length || !output[0].length;
  return { places, applied, axes, output: empty ? [] : output, cell };
}

/** @file How large an output is: the lecture's formula, with its numbers filled in. */

/**
 * @typedef {object} AxisSize
 * @property {number} size positions of the output; 0 when the kernel does not fit
 * @property {number} found what the formula comes to; below 1 when the kernel does not fit
 * @property {number} span positions that the kernel covers, holes of the dilation included
 * @property {number} unused positions at the end that no window reaches
 * @property {string} filled the formula with numbers in it
 * @property {string} quotient what stands under the floor, worked out
 */

/**
 * @param {{size: number, kernel: number, before: number, after: number, stride: number, dilation: number}} axis
 * @returns {AxisSize}
 */
export function outputSize({ size, kernel, before, after, stride, dilation }) {
  const span = dilation * (kernel - 1) + 1;
  const free = size + before + after - span;
  const found = Math.floor(free / stride) + 1;
  return {
    size: Math.max(0, found),
    found,
    span,
    unused: free < 0 ? size + before + after : free % stride,
    filled: `${size} + ${before} + ${after} − ${span}`,
    quotient: trimmed(free / stride),
  };
}

/** @param {number} value */
function trimmed(value) {
  return String(Number(value.toFixed(2))).replace("-", "−");
}

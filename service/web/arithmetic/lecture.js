/** @file The lecture's own numbers, and what its slides print that is not so. */

export const IMAGE = [
  [5, 8, 0, 4, 8],
  [3, 9, 2, 9, 2],
  [4, 9, 2, 3, 6],
  [5, 4, 8, 2, 0],
  [5, 8, 0, 0, 8],
];

/** Inputs to begin with, by name. @type {Record<string, number[][]>} */
export const INPUTS = {
  lecture: IMAGE,
  impulse: [
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ],
  edge: [
    [0, 0, 0, 9, 9, 9],
    [0, 0, 0, 9, 9, 9],
    [0, 0, 0, 9, 9, 9],
    [0, 0, 0, 9, 9, 9],
    [0, 0, 0, 9, 9, 9],
    [0, 0, 0, 9, 9, 9],
  ],
};

/** Cells of the valid convolution with `laplacian_4` whose sign the slides have wrong. */
const MISPRINTS = [
  { row: 1, column: 0, printed: -17 },
  { row: 1, column: 2, printed: 7 },
];

/** The slide's value of a cell, where it is wrong; else null. @param {number} row @param {number} column */
export function misprint(row, column) {
  return MISPRINTS.find((one) => one.row === row && one.column === column)?.printed ?? null;
}

/** The signal of the first example: x[n] = 2 exp(-0.3 n), n = 0 to 7. */
export const SIGNAL = Array.from({ length: 8 }, (_, n) => 2 * Math.exp(-0.3 * n));
/** The system of the first example: h[0] = 1, h[2] = -1. */
export const SYSTEM = [1, 0, -1];

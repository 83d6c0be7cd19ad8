/** @file Matrices as lists of rows. */

/** @param {number[][]} matrix @param {number} row @param {number} column @param {number} value */
export function replaced(matrix, row, column, value) {
  return matrix.map((line, y) => (y === row ? line.map((old, x) => (x === column ? value : old)) : line));
}

/** @param {number[][]} left @param {number[][]} right */
export function sameMatrix(left, right) {
  return (
    left.length === right.length &&
    left.every((row, y) => row.length === right[y].length && row.every((value, x) => value === right[y][x]))
  );
}

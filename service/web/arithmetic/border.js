/** @file What lies beyond the edge of an input: how much of it, and where its values come from. */

/** @typedef {"valid" | "same" | "same_lower" | "full" | number} Padding */
/** @typedef {"zeros" | "replicate" | "reflect" | "symmetric" | "circular"} BorderMode */

export const BORDER_MODES = /** @type {const} */ (["zeros", "replicate", "reflect", "symmetric", "circular"]);

/**
 * Positions that are added before and after one axis.
 * @param {Padding} padding
 * @param {{size: number, kernel: number, stride: number, dilation: number}} axis
 * @returns {[number, number]}
 */
export function resolvePadding(padding, { size, kernel, stride, dilation }) {
  if (typeof padding === "number") return [padding, padding];
  const reach = dilation * (kernel - 1);
  if (padding === "valid") return [0, 0];
  if (padding === "full") return [reach, reach];
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach + 1 - size);
  const less = Math.floor(total / 2);
  return padding === "same" ? [less, total - less] : [total - less, less];
}

/**
 * The index inside an axis from which a position takes its value; null where the value is a constant.
 * @param {number} index counted from the input's first value; negative before it
 * @param {number} size
 * @param {BorderMode} mode
 * @returns {number | null}
 */
export function sourceIndex(index, size, mode) {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case "zeros":
      return null;
    case "replicate":
      return Math.min(Math.max(index, 0), size - 1);
    case "circular":
      return modulo(index, size);
    case "symmetric": {
      const place = modulo(index, 2 * size);
      return place < size ? place : 2 * size - 1 - place;
    }
    case "reflect": {
      if (size === 1) return 0;
      const place = modulo(index, 2 * size - 2);
      return place < size ? place : 2 * size - 2 - place;
    }
  }
}

/**
 * @typedef {{value: number, outside: boolean, row: number | null, column: number | null}} Place
 * A position of the padded input: its value, and the position inside that lends it.
 */

/**
 * @param {number[][]} input
 * @param {[[number, number], [number, number]]} padding top and bottom, left and right
 * @param {BorderMode} mode
 * @returns {Place[][]}
 */
export function pad(input, [[top, bottom], [left, right]], mode) {
  const height = input.length;
  const width = input[0].length;
  return Array.from({ length: height + top + bottom }, (_, y) =>
    Array.from({ length: width + left + right }, (_, x) => {
      const row = sourceIndex(y - top, height, mode);
      const column = sourceIndex(x - left, width, mode);
      const outside = y < top || y >= top + height || x < left || x >= left + width;
      const value = row === null || column === null ? 0 : input[row][column];
      return { value, outside, row, column };
    }),
  );
}

/** @param {number} value @param {number} by */
function modulo(value, by) {
  return ((value % by) + by) % by;
}

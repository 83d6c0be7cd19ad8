/** @file Numbers as people read them. */

/**
 * A number with so many decimals at most, a true minus, and no negative zero.
 * @param {number} value
 * @param {number} decimals
 */
export function written(value, decimals = 2) {
  const text = String(Number(value.toFixed(decimals)));
  return text === "-0" ? "0" : text.replace("-", "−");
}

const MOST_DECIMALS = 8;

/** Numbers with so many decimals. @param {number} decimals @returns {(value: number) => number} */
export const rounded = (decimals) => (value) => Number(value.toFixed(decimals));

/**
 * The fewest decimals with which numbers, once they are rounded, still come to the total that stands beside them.
 * @param {object} sum
 * @param {(round: (value: number) => number) => number} sum.compute the total, of numbers that are rounded first
 * @param {number} sum.total
 * @param {number} sum.decimals of the total
 * @param {number} [sum.least] decimals of the numbers
 */
export function decimalsFor({ compute, total, decimals, least = 2 }) {
  for (let fewest = least; fewest < MOST_DECIMALS; fewest += 1) {
    const found = compute(rounded(fewest));
    if (written(found, decimals) === written(total, decimals)) return fewest;
  }
  return MOST_DECIMALS;
}

/**
 * The sign between a term and its value: whether what is written is the same, or was rounded.
 * @param {number} found by computing with the numbers as they are written
 * @param {number} shown the value as it is written
 */
export function equals(found, shown) {
  return Math.abs(found - shown) < 1e-9 ? "=" : "≈";
}

/**
 * A factor inside a sum: negative ones stand in brackets.
 * @param {number} value
 * @param {number} decimals
 */
export function factor(value, decimals = 2) {
  return value < 0 ? `(${written(value, decimals)})` : written(value, decimals);
}

/**
 * A count with its thousands apart.
 * @param {number} value
 * @param {string} language
 */
export function counted(value, language) {
  return new Intl.NumberFormat(language, { useGrouping: true }).format(value);
}

/**
 * Bytes in the unit that suits them.
 * @param {number} bytes
 * @param {string} language
 */
export function weighed(bytes, language) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(bytes / 1024 ** step);
  return `${number} ${units[step]}`;
}

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

/** @file Numbers as people read them, in the language of the page. */

const LOCALES = { en: "en", pt: "pt-PT" };
let language = /** @type {keyof typeof LOCALES} */ ("en");

/** Write numbers in a language from now on. @param {string} chosen */
export function writeNumbersIn(chosen) {
  language = chosen === "pt" ? "pt" : "en";
}

/** @param {string} digits with a point */
function pointed(digits) {
  return digits.replaceAll("-", "−").replace(".", language === "pt" ? "," : ".");
}

/**
 * A number with so many decimals at most, a true minus, and no negative zero.
 * @param {number} value
 * @param {number} decimals
 */
export function written(value, decimals = 2) {
  const text = String(Number(value.toFixed(decimals)));
  return text === "-0" ? "0" : pointed(text);
}

/** A number with exactly so many decimals. @param {number} value @param {number} decimals */
export function fixed(value, decimals) {
  return pointed(value.toFixed(decimals));
}

/** As `written`, without a zero before the point: for narrow cells. @param {number} value @param {number} decimals */
export function tight(value, decimals) {
  return written(value, decimals).replace(/^(−?)0([.,])/, "$1$2");
}

/** A number that was typed; NaN when it is none. @param {string} text */
export function typed(text) {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".");
  return plain ? Number(plain) : NaN;
}

/** Numbers in a row, as they may be typed: where the comma is the decimal one, semicolons stand between them. @param {number[]} values */
export function listed(values) {
  return values.map((value) => pointed(String(value))).join(language === "pt" ? "; " : ", ");
}

/** The numbers of such a row; behind its last one a sign may stand. @param {string} text */
export function typedList(text) {
  const parts = text.split(language === "pt" ? ";" : ",");
  return (parts.at(-1)?.trim() ? parts : parts.slice(0, -1)).map(typed);
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
    if (written(compute(rounded(fewest)), decimals) === written(total, decimals)) return fewest;
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
  const text = written(value, decimals);
  return text.startsWith("−") ? `(${text})` : text;
}

/** Numbers, added up: negative ones behind the first stand in brackets. @param {number[]} values @param {number} decimals */
export function added(values, decimals) {
  return values.map((value, index) => (index ? factor : written)(value, decimals)).join(" + ");
}

/** A count with its thousands apart. @param {number} value */
export function counted(value) {
  return new Intl.NumberFormat(LOCALES[language], { useGrouping: true }).format(value);
}

/** Bytes in the unit that suits them. @param {number} bytes */
export function weighed(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(bytes, 1)) / 10));
  const format = new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: 2 });
  return `${format.format(bytes / 1024 ** step)} ${units[step]}`;
}

/** @file The state of the page in its address: `#view?name=value&...`, short enough to send to a friend. */

/**
 * @param {string} hash
 * @returns {{view: string, values: Map<string, string>}}
 */
export function readAddress(hash) {
  const [view, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { view, values: new Map(new URLSearchParams(query)) };
}

/**
 * @param {string} view
 * @param {Iterable<[string, string]>} values
 */
export function writeAddress(view, values) {
  const query = new URLSearchParams([...values]).toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
  return query ? `#${view}?${query}` : `#${view}`;
}

/**
 * A matrix as text: rows between semicolons, numbers between commas.
 * @param {number[][]} matrix
 */
export function writeMatrix(matrix) {
  return matrix.map((row) => row.join(",")).join(";");
}

/**
 * @param {string | undefined} text
 * @param {{most: number}} limits rows and columns at most
 * @returns {number[][] | null} null when it is no matrix of finite numbers
 */
export function readMatrix(text, { most }) {
  if (!text) return null;
  const matrix = text
    .split(";")
    .map((row) => row.split(",").map((value) => (value.trim() ? Number(value) : NaN)));
  const width = matrix[0].length;
  const isFine =
    matrix.length <= most &&
    width <= most &&
    matrix.every((row) => row.length === width && row.every((value) => Math.abs(value) <= 1e6));
  return isFine ? matrix : null;
}

/**
 * A whole number within bounds, or the fallback.
 * @param {string | undefined} text
 * @param {{least: number, most: number, fallback: number}} bounds
 */
export function readCount(text, { least, most, fallback }) {
  const value = text === undefined || text === "" ? NaN : Number(text);
  return Number.isInteger(value) && value >= least && value <= most ? value : fallback;
}

/**
 * One of a list, or its first.
 * @template {string} T
 * @param {string | undefined} text
 * @param {readonly T[]} choices
 * @returns {T}
 */
export function readChoice(text, choices) {
  return choices.find((choice) => choice === text) ?? choices[0];
}

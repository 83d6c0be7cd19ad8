/** @file A pinned cell as text in the address: layer, map, row, column. */

/** @param {import("./network.js").Pin} pin */
export function pinTo({ layer, spot }) {
  return [layer, spot.map, spot.row, spot.column].join(",");
}

/**
 * @param {string | undefined} words
 * @returns {import("./network.js").Pin | null}
 */
export function pinFrom(words) {
  const numbers = (words ?? "").split(",").map((word) => (word === "" ? NaN : Number(word)));
  if (numbers.length !== 4 || !numbers.every((number) => Number.isInteger(number) && number >= 0))
    return null;
  const [layer, map, row, column] = numbers;
  return { layer, spot: { map, row, column } };
}

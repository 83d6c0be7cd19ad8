/** @file A pooled cell, written out: the largest or the mean of its patch, and what the border does. */

import { added, decimalsFor, equals, rounded, written } from "../arithmetic/numerals.js";
import { element } from "./element.js";

/** @typedef {ReturnType<ReturnType<typeof import("../arithmetic/pooling.js").pool>["cell"]>} Cell */

const DECIMALS = 3;

/** @param {Cell} cell @param {import("../strings.js").Text} text */
export function writtenMaximum({ found, value, winner, count, area }, text) {
  const numbers = found.flatMap((one, index) => [
    index ? ", " : "",
    one === winner ? element("b", {}, written(one.value, DECIMALS)) : written(one.value, DECIMALS),
  ]);
  return [
    element("p", { class: "sum" }, "max(", numbers, ") = ", element("b", {}, written(value, DECIMALS))),
    count < area ? element("p", { class: "note" }, text("maximum_at_border")) : null,
  ];
}

/** @param {Cell} cell @param {import("../strings.js").Text} text */
export function writtenMean({ found, count, area, value }, text) {
  const summed = (/** @type {(value: number) => number} */ round) =>
    found.reduce((total, one) => total + round(one.value), 0);
  const digits = decimalsFor({
    compute: (round) => summed(round) / count,
    total: value,
    decimals: DECIMALS,
  });
  const sum = summed(rounded(digits));
  const quotient = (/** @type {number} */ by) =>
    `${written(sum, digits)} / ${by} ${equals(sum / by, rounded(DECIMALS)(sum / by))} `;
  const terms = added(
    found.map((one) => one.value),
    digits,
  );
  const other = quotient(area) + written(sum / area, DECIMALS);
  return [
    element(
      "p",
      { class: "sum" },
      `(${terms}) / ${count} = ${quotient(count)}`,
      element("b", {}, written(value, DECIMALS)),
    ),
    count < area
      ? element("p", { class: "note" }, text("mean_at_border", { area, number: count, other }))
      : null,
  ];
}

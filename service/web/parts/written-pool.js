/** @file A pooled cell, written out: the largest or the mean of its patch, and what the border does. */

import { written } from "../arithmetic/numerals.js";
import { element } from "./element.js";

/** @typedef {ReturnType<ReturnType<typeof import("../arithmetic/pooling.js").pool>["cell"]>} Cell */

/** @param {Cell} cell @param {import("../strings.js").Text} text */
export function writtenMaximum({ found, value, winner, count, area }, text) {
  const numbers = found.flatMap((one, index) => [
    index ? ", " : "",
    one === winner ? element("b", {}, written(one.value)) : written(one.value),
  ]);
  return [
    element("p", { class: "sum" }, "max(", numbers, ") = ", element("b", {}, written(value))),
    count < area ? element("p", { class: "note" }, text("maximum_at_border")) : null,
  ];
}

/** @param {Cell} cell @param {import("../strings.js").Text} text */
export function writtenMean({ found, sum, count, area, value }, text) {
  const terms = found.map((one) => written(one.value)).join(" + ");
  const other = `${written(sum)} / ${area} = ${written(sum / area, 3)}`;
  return [
    element(
      "p",
      { class: "sum" },
      `(${terms}) / ${count} = ${written(sum)} / ${count} = `,
      element("b", {}, written(value, 3)),
    ),
    count < area
      ? element("p", { class: "note" }, text("mean_at_border", { area, number: count, other }))
      : null,
  ];
}

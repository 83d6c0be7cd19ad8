/** @file Every training by a recipe, a row a seed: which of them is served, and their mean. */

import { counted, fixed } from "../arithmetic/numerals.js";
import { element } from "../parts/element.js";

/**
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {{seed: number, validation_errors: number, test_errors: number}[]} options.seeds
 * @param {number | null | undefined} options.own the seed of the version that is served
 */
export function seedTable({ text, seeds, own }) {
  const counts = /** @type {const} */ (["validation_errors", "test_errors"]);
  const mean = (/** @type {(typeof counts)[number]} */ name) =>
    seeds.reduce((sum, one) => sum + one[name], 0) / seeds.length;
  const figures = (/** @type {(name: (typeof counts)[number]) => string} */ of) =>
    counts.map((name) => element("td", { class: "figure" }, of(name)));
  return element(
    "table",
    { class: "seeds" },
    element("caption", {}, element("b", {}, text("every_seed"))),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, text("seed")),
        counts.map((name) => element("th", { scope: "col", class: "figure" }, text(name))),
      ),
    ),
    element(
      "tbody",
      {},
      seeds.map((one) =>
        element(
          "tr",
          { class: one.seed === own ? "is-own" : "" },
          element(
            "th",
            { scope: "row" },
            one.seed,
            one.seed === own ? element("span", {}, ` ${text("this_version")}`) : null,
          ),
          figures((name) => counted(one[name])),
        ),
      ),
    ),
    element(
      "tfoot",
      {},
      element("tr", {}, element("th", { scope: "row" }, text("mean_of_seeds")), figures((name) => fixed(mean(name), 1))),
    ),
  );
}

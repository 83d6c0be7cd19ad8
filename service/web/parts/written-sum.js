/** @file A cell's value, written out: every product, the sum, the bias, the activation. */

import { factor, written } from "../arithmetic/numerals.js";
import { element } from "./element.js";

const FORMULAS = {
  relu: "max(0, u)",
  leaky_relu: "max(0.01u, u)",
  tanh: "tanh u",
  lenet_tanh: "1.7159 tanh(2u/3)",
  sigmoid: "1 / (1 + e⁻ᵘ)",
  softplus: "ln(1 + eᵘ)",
};

/**
 * The products of a window with the kernel, added up.
 * @param {{value: number, weight: number, product: number}[]} terms
 * @param {number} sum
 * @param {{isTotal?: boolean}} [options] the sum is the cell's value, and set large
 */
export function writtenProducts(terms, sum, { isTotal = false } = {}) {
  const parts = terms.map(({ value, weight, product }, index) =>
    element(
      "span",
      { class: `term ${product === 0 ? "is-nothing" : product < 0 ? "is-negative" : "is-positive"}` },
      index ? " + " : "",
      `${written(value)}·${factor(weight)}`,
    ),
  );
  const total = element(isTotal ? "b" : "span", { class: "result" }, ` = ${written(sum)}`);
  return element("p", { class: "sum" }, spaced(parts), total);
}

/**
 * Bias and activation after the sum; nothing when both leave it as it is.
 * @param {{sum: number, bias: number, biased: number, activation: string | null, value: number}} cell
 */
export function writtenActivation({ sum, bias, biased, activation, value }) {
  const isPlain = activation === null || ["identity", "linear"].includes(activation);
  return element(
    "p",
    { class: "sum" },
    element(
      "span",
      { class: "result" },
      element("i", {}, "u"),
      ` = ${written(sum, 4)} + ${factor(bias, 4)} = `,
      element(isPlain ? "b" : "span", {}, written(biased, 4)),
    ),
    isPlain ? null : ", ",
    isPlain
      ? null
      : element(
          "span",
          { class: "result" },
          element("i", {}, "v"),
          ` = ${FORMULAS[/** @type {keyof typeof FORMULAS} */ (activation)] ?? `${activation}(u)`} = `,
          element("b", {}, written(value, 4)),
        ),
  );
}

/** The sums of every channel, added up. @param {{partial: number}[]} groups @param {number} sum */
export function writtenPartials(groups, sum) {
  const partials = groups
    .map((one) => written(one.partial, 3))
    .join(" + ")
    .replaceAll("+ −", "− ");
  return element("p", { class: "sum" }, `Σ = ${partials} = ${written(sum, 4)}`);
}

/** The share of one unit in all. @param {{sum: number, bias: number, biased: number, value: number}} account */
export function writtenSoftmax({ sum, bias, biased, value }) {
  const parts = `= ${written(sum, 3)} + ${factor(bias, 3)} = ${written(biased, 3)},  softmax: eᵘ / Σ eᵘ = `;
  return element(
    "p",
    { class: "sum" },
    element("i", {}, "u"),
    ` ${parts}`,
    element("b", {}, written(value, 4)),
  );
}

/** A value as its share in all. @param {{sum: number, value: number}} account */
export function writtenShare({ sum, value }) {
  return element(
    "p",
    { class: "sum" },
    element("i", {}, "u"),
    ` = ${written(sum, 4)},  softmax: eᵘ / Σ eᵘ = `,
    element("b", {}, written(value, 4)),
  );
}

/** Let lines break between terms. @param {Node[]} parts */
function spaced(parts) {
  return parts.flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}

/** @file A cell's value, written out: every product, the sum, the bias, the activation; rounded so that it still adds up. */

import { ACTIVATIONS } from "../arithmetic/activation.js";
import { added, decimalsFor, equals, factor, rounded, written } from "../arithmetic/numerals.js";
import { element } from "./element.js";

/** @type {Record<string, () => string>} */
const FORMULAS = {
  relu: () => "max(0, u)",
  leaky_relu: () => `max(${written(0.01)}u, u)`,
  tanh: () => "tanh u",
  lenet_tanh: () => `${written(1.7159, 4)} tanh(2u/3)`,
  sigmoid: () => "1 / (1 + e⁻ᵘ)",
  softplus: () => "ln(1 + eᵘ)",
};
const FEW = 16;

/** @param {number[]} values */
const total = (values) => values.reduce((left, right) => left + right, 0);

/**
 * The products of a window with the kernel, added up.
 * @param {{value: number, weight: number}[]} terms
 * @param {number} sum
 * @param {{lead?: (Node | string)[], isTotal?: boolean, decimals?: number}} [options] what stands before; whether the sum
 *   is the cell's value, and set large
 */
export function writtenProducts(terms, sum, { lead = [], isTotal = false, decimals = 3 } = {}) {
  const compute = (/** @type {(value: number) => number} */ round) =>
    total(terms.map(({ value, weight }) => round(value) * round(weight)));
  const digits = decimalsFor({ compute, total: sum, decimals });
  const parts = terms.map(({ value, weight }, index) => {
    const product = value * weight;
    return element(
      "span",
      { class: `term ${product === 0 ? "is-nothing" : product < 0 ? "is-negative" : "is-positive"}` },
      index ? " + " : "",
      `${factor(value, digits)}·${factor(weight, digits)}`,
    );
  });
  const sign = equals(compute(rounded(digits)), rounded(decimals)(sum));
  const result = element(isTotal ? "b" : "span", {}, written(sum, decimals));
  return element("p", { class: "sum" }, lead, spaced(parts), element("span", { class: "result" }, ` ${sign} `, result));
}

/**
 * Bias and activation after the sum; nothing when both leave it as it is.
 * @param {{sum: number, bias: number, biased: number, activation: string | null, value: number}} cell
 * @param {number} decimals of the value
 */
export function writtenActivation({ sum, bias, biased, activation, value }, decimals = 4) {
  const isPlain = activation === null || ["identity", "linear"].includes(activation);
  const pass = ACTIVATIONS[activation ?? "identity"];
  const digits =
    isPlain || !pass
      ? decimals
      : decimalsFor({ compute: (round) => pass(round(biased)), total: value, decimals, least: decimals });
  return element(
    "p",
    { class: "sum" },
    writtenBias({ sum, bias, biased }, digits, isPlain),
    isPlain ? null : ", ",
    isPlain
      ? null
      : element(
          "span",
          { class: "result" },
          element("i", {}, "v"),
          ` = ${FORMULAS[activation ?? ""]?.() ?? `${activation}(u)`} `,
          pass ? equals(pass(rounded(digits)(biased)), rounded(decimals)(value)) : "=",
          " ",
          element("b", {}, written(value, decimals)),
        ),
  );
}

/** @param {{sum: number, bias: number, biased: number}} cell @param {number} decimals of u @param {boolean} isTotal */
function writtenBias({ sum, bias, biased }, decimals, isTotal) {
  const digits = decimalsFor({
    compute: (round) => round(sum) + round(bias),
    total: biased,
    decimals,
    least: decimals,
  });
  const found = rounded(digits)(sum) + rounded(digits)(bias);
  return element(
    "span",
    { class: "result" },
    element("i", {}, "u"),
    ` = ${written(sum, digits)} + ${factor(bias, digits)} ${equals(found, rounded(decimals)(biased))} `,
    element(isTotal ? "b" : "span", {}, written(biased, decimals)),
  );
}

/** Decimals with which the sums of every channel come to their own. @param {{partial: number}[]} groups @param {number} sum */
export function partialDecimals(groups, sum) {
  return decimalsFor({
    compute: (round) => total(groups.map((one) => round(one.partial))),
    total: sum,
    decimals: 4,
    least: 3,
  });
}

/** The sums of every channel, added up; of very many, the first and the last. @param {{partial: number}[]} groups @param {number} sum */
export function writtenPartials(groups, sum) {
  const digits = partialDecimals(groups, sum);
  const all = groups.map((one) => one.partial);
  const shown =
    all.length > FEW
      ? `${added(all.slice(0, 3), digits)} + … + ${factor(all[all.length - 1], digits)}`
      : added(all, digits);
  const found = total(all.map(rounded(digits)));
  return element(
    "p",
    { class: "sum" },
    `Σ = ${shown} ${equals(found, rounded(4)(sum))} ${written(sum, 4)}`,
  );
}

/** The logit of a distance: it with a minus, by the temperature. @param {{distance: number, temperature: number}} made @param {number} logit */
export function writtenLogit({ distance, temperature }, logit) {
  const decimals = 4;
  const compute = (/** @type {(value: number) => number} */ round) => -round(distance) / round(temperature);
  const digits = decimalsFor({ compute, total: logit, decimals, least: decimals });
  return element(
    "p",
    { class: "sum" },
    element("i", {}, "u"),
    ` = −${written(distance, digits)} / ${written(temperature, digits)} ${equals(compute(rounded(digits)), rounded(decimals)(logit))} `,
    written(logit, decimals),
  );
}

/**
 * The share of one unit in all of them: eᵘ of this one over the sum of all.
 * @param {{sum: number, bias: number, biased: number, value: number, logits: number[], unit: number, isBare?: boolean}} account
 */
export function writtenSoftmax({ sum, bias, biased, value, logits, unit, isBare = false }) {
  const decimals = 4;
  const share = (/** @type {(value: number) => number} */ round) =>
    Math.exp(round(logits[unit])) / total(logits.map((logit) => Math.exp(round(logit))));
  const digits = decimalsFor({ compute: share, total: value, decimals });
  const power = (/** @type {number} */ logit, /** @type {boolean} */ isOwn) =>
    element(
      "span",
      { class: `term ${isOwn ? "is-own" : ""}` },
      "e",
      element("sup", {}, written(logit, digits)),
    );
  const powers = logits.flatMap((logit, index) => [index ? " + " : "", power(logit, index === unit)]);
  return element(
    "p",
    { class: "sum" },
    isBare ? null : [writtenBias({ sum, bias, biased }, Math.max(digits, decimals), false), element("br")],
    "softmax: ",
    power(logits[unit], true),
    " / (",
    powers,
    `) ${equals(share(rounded(digits)), rounded(decimals)(value))} `,
    element("b", {}, written(value, decimals)),
  );
}

/** The mean of a window by the coefficient of its map. @param {{mean: number, coefficient: number}} scaled @param {number} sum @param {string} name of the coefficient */
export function writtenScaled({ mean, coefficient }, sum, name) {
  const decimals = 4;
  const compute = (/** @type {(value: number) => number} */ round) => round(mean) * round(coefficient);
  const digits = decimalsFor({ compute, total: sum, decimals, least: decimals });
  return element(
    "p",
    { class: "sum" },
    element("span", { class: "named" }, `${name}: `),
    `${written(mean, digits)} · ${factor(coefficient, digits)} ${equals(compute(rounded(digits)), rounded(decimals)(sum))} `,
    written(sum, decimals),
  );
}

/**
 * The largest or the mean of a window of a map.
 * @param {number[]} values @param {number} value @param {boolean} isMean @param {string} [name] of what is on the way to the cell's value
 */
export function writtenWindow(values, value, isMean, name) {
  const compute = (/** @type {(value: number) => number} */ round) => {
    const all = values.map(round);
    return isMean ? total(all) / all.length : Math.max(...all);
  };
  const digits = decimalsFor({ compute, total: value, decimals: 4, least: isMean ? 3 : 4 });
  const sign = equals(compute(rounded(digits)), rounded(4)(value));
  return element(
    "p",
    { class: "sum" },
    name ? element("span", { class: "named" }, `${name}: `) : null,
    isMean
      ? `(${added(values, digits)}) / ${values.length} ${sign} `
      : `max(${values.map((one) => written(one, digits)).join(", ")}) ${sign} `,
    element(name ? "span" : "b", {}, written(value, 4)),
  );
}

/** Let lines break between terms. @param {Node[]} parts */
function spaced(parts) {
  return parts.flatMap((part, index) => (index ? [element("wbr"), part] : [part]));
}

/** @file What the service says in English, in the language of the page. */

import { STRINGS } from "../strings.js";

/** Sentences of the service, each with the key of its translation; what varies in them is named. @type {[RegExp, import("../strings.js").Key][]} */
const SENTENCES = [
  [/^the digit has few pixels$/, "few_pixels"],
  [/^the digit touches the edge of the picture$/, "touches_edge"],
  [/^the slide prints (?<printed>.+?): it multiplies by the 3 channels/, "slide_memory"],
  [/^(?<width>\d+) is larger than the input with its padding, (?<size>\d+)$/, "larger_than_input"],
  [/^(?<type>\w+) takes feature maps, and the layer before gives a vector$/, "takes_maps"],
  [/^Dense takes a vector: put Flatten before it$/, "takes_vector"],
  [/^a figure of this network is larger than 2\^53/, "too_large_figure"],
];

/** @param {string} words @param {import("../strings.js").Text} text */
export function serviceWords(words, text) {
  const found = sentence(words);
  return found ? text(found.key, found.values) : words;
}

/**
 * Why the service refuses; a reason that has no translation stands in brackets behind the kind of problem, unless
 * there is nothing to do about it but to wait.
 * @param {import("../service.js").ServiceError} error
 * @param {import("../strings.js").Text} text
 */
export function refusalWords(error, text) {
  if (sentence(error.message)) return serviceWords(error.message, text);
  const named = `problem_${error.kind.replaceAll("-", "_")}`;
  const other = error.status >= 500 ? "problem_internal_error" : "problem_other";
  const kind = text(/** @type {import("../strings.js").Key} */ (named in STRINGS ? named : other));
  if (!kind) return error.message || text("no_reason");
  return error.message && !error.isPassing ? `${kind} (${error.message})` : kind;
}

/** A formula of the service. @param {string} formula @param {import("../strings.js").Text} text */
export function formulaWords(formula, text) {
  const words = formula.replace(/ images?\b/, (image) => ` ${text(image === " image" ? "one_image" : "images")}`);
  return text("decimal_point") === "," ? words.replace(/(\d)\.(\d)/g, "$1,$2") : words;
}

/** @param {string} words */
function sentence(words) {
  for (const [pattern, key] of SENTENCES) {
    const match = pattern.exec(words);
    if (match) return { key, values: match.groups ?? {} };
  }
  return null;
}

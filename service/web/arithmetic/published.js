/** @file What others published of a kind of network: errors in MNIST's 10,000 test images. */

/** @typedef {{errors: number, accuracy: number, key: "slides" | "paper" | "paper_distorted"}} Published */

/** @type {Published} */
const SLIDES = { errors: 119, accuracy: 0.9881, key: "slides" };

/** By kind, as the card has it: LeCun, Bottou, Bengio and Haffner 1998, section III.B and figure 9. @type {Record<string, Published[]>} */
const PAPERS = {
  "lenet5-1998": [
    { errors: 95, accuracy: 0.9905, key: "paper" },
    { errors: 80, accuracy: 0.992, key: "paper_distorted" },
  ],
};

/** Of a kind of which nothing was published, the lecture's. @param {string | null | undefined} kind @returns {Published[]} */
export function published(kind) {
  return PAPERS[kind ?? ""] ?? [SLIDES];
}

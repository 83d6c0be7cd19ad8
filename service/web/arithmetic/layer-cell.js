/** @file One cell of a layer, taken apart: the window it sees, the weights, the products, the sum. */

import { clip } from "./receptive-field.js";

/**
 * @typedef {{channel: number, window: number[][], kernel: number[][], products: number[][], partial: number}} Group
 * @typedef {object} Account
 * @property {"sum" | "mean" | "maximum" | "distance" | "share"} kind
 * @property {Group[]} groups by channel of the layer before; one group when they are single numbers
 * @property {number} sum
 * @property {number} bias
 * @property {number} biased
 * @property {string | null} activation as on the card
 * @property {number} value
 * @property {number[]} [logits] of all units, where the value is a share in all
 * @property {number} [unit] this one among them
 * @property {{mean: number, coefficient: number}} [scaled] what the sum was made of
 * @property {{distance: number, temperature: number}} [distance] what the logit was made of
 */

/**
 * A cell of a convolution: every channel's window times its slice of the kernel.
 * @param {object} cell
 * @param {number[][][]} cell.before maps of the layer before
 * @param {number[][][]} cell.kernel channels x height x width
 * @param {number[]} [cell.connections] the channels that it sees; all by default
 * @param {number} cell.bias
 * @param {import("./receptive-field.js").Region} cell.region of the window; zeros beyond the map
 * @param {number} cell.value
 * @param {string | null} cell.activation
 * @returns {Account}
 */
export function convolutionCell({ before, kernel, connections, bias, region, value, activation }) {
  const groups = (connections ?? [...kernel.keys()]).map((channel) => {
    const slice = kernel[channel];
    const window = slice.map((row, y) =>
      row.map((_, x) => before[channel][region.top + y]?.[region.left + x] ?? 0),
    );
    return group(channel, window, slice);
  });
  const isPointwise = kernel[0].length === 1 && kernel[0][0].length === 1;
  return account("sum", isPointwise ? [together(groups)] : groups, bias, value, activation);
}

/**
 * A cell of a dense layer; its inputs are laid out as the maps that were flattened, or in rows.
 * @param {object} cell
 * @param {number[]} cell.before
 * @param {number[]} cell.kernel the unit's weights
 * @param {number} cell.bias
 * @param {number} cell.value
 * @param {string | null} cell.activation
 * @param {number[] | null} cell.maps shape (height, width, channels) before flattening
 * @returns {Account}
 */
export function denseCell({ before, kernel, bias, value, activation, maps }) {
  if (!maps) {
    const rows = (/** @type {number[]} */ vector) => chunks(vector, 12);
    return account("sum", [group(0, rows(before), rows(kernel))], bias, value, activation);
  }
  const [height, width, channels] = maps;
  const laid = (/** @type {number[]} */ vector, /** @type {number} */ channel) =>
    Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => vector[(row * width + column) * channels + channel]),
    );
  const groups = Array.from({ length: channels }, (_, channel) =>
    group(channel, laid(before, channel), laid(kernel, channel)),
  );
  return account("sum", groups, bias, value, activation);
}

/**
 * A cell of pooling: the mean or the largest value of its window in the same map.
 * @param {"mean" | "maximum"} kind
 * @param {{before: number[][], region: import("./receptive-field.js").Region, channel: number, value: number}} cell
 * @returns {Account}
 */
export function poolingCell(kind, { before, region, channel, value }) {
  return account(kind, [meanOf(before, region, channel)], 0, value, null);
}

/**
 * A cell of LeNet-5's sub-sampling: the mean of its window by a coefficient, a bias, and the activation.
 * @param {{before: number[][], region: import("./receptive-field.js").Region, channel: number, coefficient: number, bias: number, value: number, activation: string | null}} cell
 * @returns {Account}
 */
export function subsamplingCell({ before, region, channel, coefficient, bias, value, activation }) {
  const mean = meanOf(before, region, channel);
  const sum = coefficient * mean.partial;
  return {
    kind: "sum",
    groups: [mean],
    sum,
    bias,
    biased: sum + bias,
    activation,
    value,
    scaled: { mean: mean.partial, coefficient },
  };
}

/**
 * A cell of a layer that changes each value by itself: `x · scale + offset`.
 * @param {{input: number, scale: number, offset: number, value: number}} cell
 * @returns {Account}
 */
export function scaledCell({ input, scale, offset, value }) {
  return account("sum", [group(0, [[input]], [[scale]])], offset, value, null);
}

/**
 * A squared distance to a bitmap; both are laid out alike.
 * @param {{before: number[][], bitmap: number[][], value: number}} cell
 * @returns {Account}
 */
export function distanceCell({ before, bitmap, value }) {
  const products = before.map((row, y) => row.map((one, x) => (one - bitmap[y][x]) ** 2));
  const one = { channel: 0, window: before, kernel: bitmap, products, partial: total(products.flat()) };
  return account("distance", [one], 0, value, null);
}

/** A cell of a softmax without weights: its share in all. @param {{logits: number[], unit: number, value: number}} cell @returns {Account} */
export function shareCell({ logits, unit, value }) {
  const sum = logits[unit];
  return {
    kind: "share",
    groups: [],
    sum,
    bias: 0,
    biased: sum,
    activation: "softmax",
    value,
    logits,
    unit,
  };
}

/**
 * The sums of every unit of a dense layer, each with its bias.
 * @param {number[]} before @param {number[][]} kernels inputs x units @param {number[]} biases
 */
export function denseSums(before, kernels, biases) {
  return kernels[0].map((_, unit) =>
    kernels.reduce((sum, row, input) => sum + row[unit] * before[input], biases[unit] ?? 0),
  );
}

/** @param {number} channel @param {number[][]} window @param {number[][]} kernel @returns {Group} */
function group(channel, window, kernel) {
  const products = window.map((row, y) => row.map((value, x) => value * kernel[y][x]));
  return { channel, window, kernel, products, partial: total(products.flat()) };
}

/**
 * The mean of a window, as a sum whose weights are all the same.
 * @param {number[][]} before @param {import("./receptive-field.js").Region} region @param {number} channel
 */
function meanOf(before, region, channel) {
  const { top, left, bottom, right } = clip(region, [before.length, before[0].length]);
  const window = before.slice(top, bottom + 1).map((row) => row.slice(left, right + 1));
  const share = 1 / window.flat().length;
  return group(
    channel,
    window,
    window.map((row) => row.map(() => share)),
  );
}

/** Channels of one pixel each, in rows of eight. @param {Group[]} groups */
function together(groups) {
  const flat = (/** @type {"window" | "kernel"} */ name) =>
    chunks(
      groups.map((one) => one[name][0][0]),
      8,
    );
  return group(0, flat("window"), flat("kernel"));
}

/** @param {Account["kind"]} kind @param {Group[]} groups @param {number} bias @param {number} value @param {string | null} activation @returns {Account} */
function account(kind, groups, bias, value, activation) {
  const sum = total(groups.map((one) => one.partial));
  return { kind, groups, sum, bias, biased: sum + bias, activation, value };
}

/** @param {number[]} values @param {number} length */
function chunks(values, length) {
  return Array.from({ length: Math.ceil(values.length / length) }, (_, index) =>
    values.slice(index * length, (index + 1) * length),
  );
}

/** @param {number[]} values */
function total(values) {
  return values.reduce((left, right) => left + right, 0);
}

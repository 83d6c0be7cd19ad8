/** @file What the convolution lab stands at, read from and written to the address. */

import { readChoice, readCount, readMatrix, writeMatrix } from "../arithmetic/address.js";
import { ACTIVATIONS } from "../arithmetic/activation.js";
import { BORDER_MODES } from "../arithmetic/border.js";
import { INPUTS } from "../arithmetic/lecture.js";
import { sameMatrix } from "../arithmetic/matrix.js";

export const PADDINGS = /** @type {const} */ (["valid", "same", "same_lower", "full", "number"]);
export const MOST_PADDING = 4;
export const MOST_STRIDE = 4;
export const MOST_DILATION = 3;
export const MOST_SIDE = 8;

/**
 * @typedef {object} State
 * @property {number[][]} input
 * @property {number[][]} kernel
 * @property {string} preset name of the kernel, or `custom`
 * @property {"convolution" | "cross_correlation"} operation
 * @property {(typeof PADDINGS)[number]} padding
 * @property {[number, number]} margins used when the padding is a number
 * @property {(typeof BORDER_MODES)[number]} border
 * @property {[number, number]} stride
 * @property {[number, number]} dilation
 * @property {number} bias
 * @property {string} activation
 * @property {number} step
 * @property {boolean} isCovered
 */

/**
 * @param {Map<string, string>} values
 * @param {import("../service.js").Preset[]} presets
 * @returns {State}
 */
export function readState(values, presets) {
  const custom = readMatrix(values.get("kernel"), { most: MOST_SIDE });
  const preset =
    presets.find((one) => one.name === (values.get("kernel") ?? "laplacian_4")) ??
    presets.find((one) => one.name === "laplacian_4");
  const [top, left] = pair(values.get("margins"), 0, MOST_PADDING, 1);
  const bias = Number(values.get("bias"));
  return {
    input:
      INPUTS[values.get("input") ?? "lecture"] ??
      readMatrix(values.get("input"), { most: MOST_SIDE }) ??
      INPUTS.lecture,
    kernel: custom ?? preset?.matrix ?? [[1]],
    preset: custom ? "custom" : (preset?.name ?? "custom"),
    operation: readChoice(values.get("operation"), ["convolution", "cross_correlation"]),
    padding: readChoice(values.get("padding"), PADDINGS),
    margins: [top, left],
    border: readChoice(values.get("border"), BORDER_MODES),
    stride: pair(values.get("stride"), 1, MOST_STRIDE, 1),
    dilation: pair(values.get("dilation"), 1, MOST_DILATION, 1),
    bias: Number.isFinite(bias) && Math.abs(bias) <= 1000 ? bias : 0,
    activation: readChoice(values.get("activation"), Object.keys(ACTIVATIONS)),
    step: readCount(values.get("step"), { least: 0, most: 9999, fallback: 0 }),
    isCovered: values.get("cover") === "on",
  };
}

/** Only what is not as it is at first. @param {State} state @returns {Record<string, string | number>} */
export function writeState(state) {
  const name = Object.keys(INPUTS).find((key) => sameMatrix(INPUTS[key], state.input));
  const told = {
    input: name ?? writeMatrix(state.input),
    kernel: state.preset === "custom" ? writeMatrix(state.kernel) : state.preset,
    operation: state.operation,
    padding: state.padding,
    margins: state.padding === "number" ? state.margins.join(",") : "1,1",
    border: state.border,
    stride: state.stride.join(","),
    dilation: state.dilation.join(","),
    bias: state.bias,
    activation: state.activation,
    step: state.step,
    cover: state.isCovered ? "on" : "off",
  };
  return Object.fromEntries(Object.entries(told).filter(([key, value]) => String(value) !== FIRST[key]));
}

/** @type {Record<string, string>} */
const FIRST = {
  input: "lecture",
  kernel: "laplacian_4",
  operation: "convolution",
  padding: "valid",
  margins: "1,1",
  border: "zeros",
  stride: "1,1",
  dilation: "1,1",
  bias: "0",
  activation: "identity",
  step: "0",
  cover: "off",
};

/** The padding of both axes. @param {State} state @returns {[import("../arithmetic/border.js").Padding, import("../arithmetic/border.js").Padding]} */
export function paddingOf({ padding, margins }) {
  return padding === "number" ? margins : [padding, padding];
}

/** The body of the same call. @param {State} state */
export function callOf(state) {
  return {
    input: state.input,
    kernel: state.preset === "custom" ? state.kernel : state.preset,
    operation: state.operation,
    padding: state.padding === "number" ? state.margins : state.padding,
    ...(state.border === "zeros" ? {} : { padding_mode: state.border }),
    stride: state.stride,
    ...(state.dilation.every((one) => one === 1) ? {} : { dilation: state.dilation }),
    ...(state.bias ? { bias: state.bias } : {}),
    ...(state.activation === "identity" ? {} : { activation: state.activation }),
  };
}

/** @param {string | undefined} words @param {number} least @param {number} most @param {number} fallback @returns {[number, number]} */
export function pair(words, least, most, fallback) {
  const [first, second] = (words ?? "").split(",");
  return [readCount(first, { least, most, fallback }), readCount(second ?? first, { least, most, fallback })];
}

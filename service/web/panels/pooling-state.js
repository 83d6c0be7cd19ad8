/** @file What the pooling lab stands at, read from and written to the address. */

import { readChoice, readCount, readMatrix, writeMatrix } from "../arithmetic/address.js";
import { IMAGE } from "../arithmetic/lecture.js";
import { sameMatrix } from "../arithmetic/matrix.js";
import { MOST_SIDE, pair } from "./convolution-state.js";

export const PADDINGS = /** @type {const} */ (["valid", "same", "same_lower", "number"]);
export const OPERATIONS = /** @type {const} */ (["max", "average"]);
export const MOST_PATCH = 5;

/** @typedef {ReturnType<typeof readState>} State */

/** @param {Map<string, string>} values */
export function readState(values) {
  return {
    input: readMatrix(values.get("input"), { most: MOST_SIDE }) ?? IMAGE,
    operation: readChoice(values.get("operation"), OPERATIONS),
    patch: pair(values.get("patch"), 1, MOST_PATCH, 2),
    stride: pair(values.get("stride") ?? values.get("patch"), 1, MOST_PATCH, 2),
    padding: readChoice(values.get("padding"), PADDINGS),
    margins: pair(values.get("margins"), 0, MOST_PATCH - 1, 1),
    step: readCount(values.get("step"), { least: 0, most: 999, fallback: 0 }),
    isCovered: values.get("cover") === "on",
  };
}

/** Only what is not as it is at first. @param {State} state @returns {Record<string, string | number>} */
export function writeState(state) {
  const told = {
    input: sameMatrix(state.input, IMAGE) ? "" : writeMatrix(state.input),
    operation: state.operation === "max" ? "" : state.operation,
    patch: state.patch.join(",") === "2,2" ? "" : state.patch.join(","),
    stride: state.stride.join(",") === state.patch.join(",") ? "" : state.stride.join(","),
    padding: state.padding === "valid" ? "" : state.padding,
    margins: state.padding === "number" ? state.margins.join(",") : "",
    step: state.step || "",
    cover: state.isCovered ? "on" : "",
  };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ""));
}

/**
 * Padding of each axis; as large as the patch it would make windows of nothing.
 * @param {State} state
 * @returns {[import("../arithmetic/border.js").Padding, import("../arithmetic/border.js").Padding]}
 */
export function paddingOf({ padding, margins, patch }) {
  if (padding !== "number") return [padding, padding];
  return [Math.min(margins[0], patch[0] - 1), Math.min(margins[1], patch[1] - 1)];
}

/** The body of the same call. @param {State} state */
export function callOf(state) {
  return {
    input: state.input,
    operation: state.operation,
    kernel_size: state.patch,
    stride: state.stride,
    padding: state.padding === "number" ? paddingOf(state) : state.padding,
  };
}

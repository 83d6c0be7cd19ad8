/** @file The convolution lab: the lecture's example, any other, and every way to slide a kernel. */

import { ACTIVATIONS } from "../arithmetic/activation.js";
import { BORDER_MODES } from "../arithmetic/border.js";
import { INPUTS, sameMatrix } from "../arithmetic/lecture.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, count, segments, tick } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { Player } from "../parts/player.js";
import { presets } from "../service.js";
import { matrixSides } from "./matrix-sides.js";
import { ConvolutionStage } from "./convolution-stage.js";
import {
  MOST_DILATION,
  MOST_PADDING,
  MOST_STRIDE,
  PADDINGS,
  callOf,
  readState,
  writeState,
} from "./convolution-state.js";

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  const view = element("div", { class: "view" });
  presets().then(
    ({ kernels }) => furnish(kernels),
    (error) => put(view, element("p", { class: "notice is-fault" }, error.message)),
  );

  /** @param {import("../service.js").Preset[]} kernels */
  function furnish(kernels) {
    const state = readState(values, kernels);
    const stage = new ConvolutionStage({
      text,
      onInput: (row, column, value) => {
        state.input = changed(state.input, row, column, value);
        inputs.select.value = inputName();
        show();
      },
      onKernel: (row, column, value) => {
        state.kernel = changed(state.kernel, row, column, value);
        customise();
        show();
      },
      onPick: (row, column) => player.jump(row * columns + column),
    });
    let columns = 1;
    const player = new Player({ text, onStep: (step) => ((state.step = step), show()) });
    const call = callDrawer({
      text,
      call: () => ({ method: "POST", path: "/convolve", json: callOf(state) }),
    });
    const purpose = element("p", { class: "note" });
    const margins = element(
      "div",
      { class: "fields" },
      [0, 1].map((axis) =>
        count({
          name: text(axis ? "padding_w" : "padding_h"),
          value: state.margins[axis],
          least: 0,
          most: MOST_PADDING,
          onChange: (value) => set("margins", axis, value),
        }),
      ),
    );
    const names = choice({
      name: text("kernel"),
      options: [
        ...kernels.map((one) => /** @type {const} */ ([one.name, one.name])),
        ["custom", text("custom")],
      ],
      value: state.preset,
      onChange: (name) => {
        state.preset = name;
        state.kernel = kernels.find((one) => one.name === name)?.matrix ?? state.kernel;
        tellKernel();
        show();
      },
    });
    const inputs = choice({
      name: text("input"),
      options: [
        ...Object.keys(INPUTS).map(
          (name) => /** @type {const} */ ([name, text(/** @type {"input_lecture"} */ (`input_${name}`))]),
        ),
        ["custom", text("custom")],
      ],
      value: inputName(),
      onChange: (name) => {
        state.input = INPUTS[name] ?? state.input;
        show();
      },
    });

    const sides = matrixSides({
      text,
      names: /** @type {const} */ (["input", "kernel"]),
      now: (name) => state[name],
      onChange: (name, matrix) => {
        state[name] = matrix;
        if (name === "kernel") customise();
        else inputs.select.value = inputName();
        show();
      },
    });

    function customise() {
      state.preset = "custom";
      names.select.value = "custom";
      tellKernel();
    }

    function inputName() {
      return Object.keys(INPUTS).find((name) => sameMatrix(INPUTS[name], state.input)) ?? "custom";
    }

    /** @param {"margins" | "stride" | "dilation"} name @param {number} axis @param {number} value */
    function set(name, axis, value) {
      state[name] = axis ? [state[name][0], value] : [value, state[name][1]];
      show();
    }

    function tellKernel() {
      const preset = kernels.find((one) => one.name === state.preset);
      const sum = state.kernel.flat().reduce((total, value) => total + value, 0);
      purpose.textContent = `${text("kernel_sum", { sum: Number(sum.toFixed(3)) })}${preset ? ` ${text(/** @type {"kind_other"} */ (`kind_${preset.kind}`))}` : ""}`;
    }

    function show() {
      margins.hidden = state.padding !== "number";
      const found = stage.show(state);
      if (state.step >= found.length) {
        state.step = Math.max(0, found.length - 1);
        stage.show(state);
      }
      columns = found.columns;
      sides.tell();
      player.set(found.length, state.step);
      call.write();
      keep(writeState(state));
    }

    const pairOf = (/** @type {"stride" | "dilation"} */ name, /** @type {number} */ most) =>
      [0, 1].map((axis) =>
        count({
          name: text(/** @type {"stride_h"} */ (`${name}_${axis ? "w" : "h"}`)),
          value: state[name][axis],
          least: 1,
          most,
          onChange: (value) => set(name, axis, value),
        }),
      );
    put(
      view,
      element("h2", { class: "unseen" }, text("view_convolution")),
      element(
        "div",
        { class: "split" },
        element(
          "div",
          { class: "rail" },
          segments({
            name: text("operation"),
            options: [
              ["convolution", text("convolution")],
              ["cross_correlation", text("cross_correlation")],
            ],
            value: state.operation,
            onChange: (value) => {
              state.operation = /** @type {typeof state.operation} */ (value);
              show();
              stage.turn();
            },
          }),
          element("div", { class: "fields" }, inputs.element, names.element),
          purpose,
          element(
            "div",
            { class: "fields" },
            choice({
              name: text("padding"),
              options: PADDINGS.map((one) => [one, text(`padding_${one}`)]),
              value: state.padding,
              onChange: (value) => ((state.padding = /** @type {typeof state.padding} */ (value)), show()),
            }).element,
            choice({
              name: text("border"),
              options: BORDER_MODES.map((one) => [one, text(`border_${one}`)]),
              value: state.border,
              onChange: (value) => ((state.border = /** @type {typeof state.border} */ (value)), show()),
            }).element,
          ),
          margins,
          element(
            "div",
            { class: "fields quad" },
            pairOf("stride", MOST_STRIDE),
            pairOf("dilation", MOST_DILATION),
          ),
          element(
            "div",
            { class: "fields" },
            count({
              name: text("bias"),
              value: state.bias,
              least: -1000,
              most: 1000,
              step: 0.5,
              onChange: (value) => ((state.bias = value), show()),
            }),
            choice({
              name: text("activation"),
              options: Object.keys(ACTIVATIONS).map((one) => [one, one === "identity" ? text("none") : one]),
              value: state.activation,
              onChange: (value) => ((state.activation = value), show()),
            }).element,
          ),
          element("div", { class: "fields quad" }, sides.fields),
        ),
        element(
          "div",
          { class: "theatre", onkeydown: (/** @type {KeyboardEvent} */ event) => stepped(event) },
          element(
            "div",
            { class: "conductor" },
            player.element,
            tick({
              name: text("cover"),
              value: state.isCovered,
              onChange: (value) => ((state.isCovered = value), show()),
            }),
          ),
          stage.element,
          call.element,
        ),
      ),
    );

    /** @param {KeyboardEvent} event */
    function stepped(event) {
      const fromOutput = stage.output.body.contains(/** @type {Node} */ (event.target));
      player.key(event, columns);
      if (fromOutput) stage.output.focus(Math.floor(state.step / columns), state.step % columns);
    }

    tellKernel();
    show();
  }
  return view;
}

/** @param {number[][]} matrix @param {number} row @param {number} column @param {number} value */
function changed(matrix, row, column, value) {
  return matrix.map((line, y) => (y === row ? line.map((old, x) => (x === column ? value : old)) : line));
}

/** @file The convolution lab: the lecture's example, any other, and every way to slide a kernel. */

import { ACTIVATIONS } from "../arithmetic/activation.js";
import { BORDER_MODES } from "../arithmetic/border.js";
import { INPUTS } from "../arithmetic/lecture.js";
import { replaced, sameMatrix } from "../arithmetic/matrix.js";
import { written } from "../arithmetic/numerals.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, count, segments } from "../parts/controls.js";
import { element } from "../parts/element.js";
import { presets } from "../service.js";
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
import { axisCounts, frame, loading, stepper } from "./frame.js";
import { matrixSides } from "./matrix-sides.js";

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  return loading(text, presets, ({ kernels }) => {
    const state = readState(values, kernels);
    const stage = new ConvolutionStage({
      text,
      onInput: (row, column, value) => set("input", replaced(state.input, row, column, value)),
      onKernel: (row, column, value) => set("kernel", replaced(state.kernel, row, column, value)),
      onPick: (row, column) => steps.pick(row, column),
    });
    const steps = stepper({ text, state, output: stage.output, show });
    const call = callDrawer({
      text,
      call: () => ({ method: "POST", path: "/convolve", json: callOf(state) }),
    });
    const purpose = element("p", { class: "note" });
    const margins = element(
      "div",
      { class: "fields" },
      axisCounts({ text, name: "margins", state, least: 0, most: MOST_PADDING, show }),
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
      value: "custom",
      onChange: (name) => set("input", INPUTS[name] ?? state.input),
    });
    const sides = matrixSides({
      text,
      names: /** @type {const} */ (["input", "kernel"]),
      now: (name) => state[name],
      onChange: set,
    });

    /** @param {"input" | "kernel"} name @param {number[][]} matrix */
    function set(name, matrix) {
      state[name] = matrix;
      if (name === "kernel") state.preset = "custom";
      show();
    }

    function show() {
      margins.hidden = state.padding !== "number";
      names.select.value = state.preset;
      inputs.select.value =
        Object.keys(INPUTS).find((name) => sameMatrix(INPUTS[name], state.input)) ?? "custom";
      const preset = kernels.find((one) => one.name === state.preset);
      const sum = state.kernel.flat().reduce((total, value) => total + value, 0);
      purpose.textContent = `${text("kernel_sum", { sum: written(sum, 3) })}${preset ? ` ${text(/** @type {"kind_other"} */ (`kind_${preset.kind}`))}` : ""}`;
      const found = stage.show(state);
      sides.tell();
      steps.set(found);
      call.write();
      keep(writeState(state));
    }

    const view = frame({
      text,
      title: "view_convolution",
      settings: [
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
        }).element,
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
          axisCounts({ text, name: "stride", state, most: MOST_STRIDE, show }),
          axisCounts({ text, name: "dilation", state, most: MOST_DILATION, show }),
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
      ],
      stage: [steps.element, stage.element, call.element],
      onkeydown: steps.key,
    });
    show();
    return view;
  });
}

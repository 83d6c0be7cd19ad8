/** @file The sliding window and the sum: input, kernel, output; window, kernel as applied, products. */

import { magnitude } from "../arithmetic/colour-scale.js";
import { convolve } from "../arithmetic/convolution.js";
import { IMAGE, misprint } from "../arithmetic/lecture.js";
import { sameMatrix } from "../arithmetic/matrix.js";
import { tight, written } from "../arithmetic/numerals.js";
import { element, put } from "../parts/element.js";
import { NumberGrid } from "../parts/number-grid.js";
import { writtenActivation, writtenProducts } from "../parts/written-sum.js";
import { paddingOf } from "./convolution-state.js";
import { sizeFormula } from "./size-formula.js";

const TURN_MS = 800;

export class ConvolutionStage {
  /**
   * @param {object} options
   * @param {import("../strings.js").Text} options.text
   * @param {(row: number, column: number, value: number) => void} options.onInput
   * @param {(row: number, column: number, value: number) => void} options.onKernel
   * @param {(row: number, column: number) => void} options.onPick
   */
  constructor({ text, onInput, onKernel, onPick }) {
    this.text = text;
    const name = (/** @type {number} */ row, /** @type {number} */ column) =>
      text("row_column", { row, column });
    this.input = new NumberGrid({ label: text("input"), name, onEdit: onInput });
    this.kernel = new NumberGrid({ label: text("kernel"), name, onEdit: onKernel });
    this.output = new NumberGrid({ label: text("output"), name, onPick });
    this.window = new NumberGrid({ label: text("window"), name });
    this.applied = new NumberGrid({ label: text("kernel_applied"), name });
    this.products = new NumberGrid({ label: text("products"), name });
    this.misfit = element("p", { class: "notice", role: "status", hidden: true }, text("kernel_too_large"));
    this.account = element("div", { class: "written", "aria-live": "polite" });
    this.formula = element("div", { class: "formulas" });
    this.sign = element("span", { class: "operator", "aria-hidden": "true" });
    this.detail = element(
      "div",
      { class: "stage-row detail" },
      this.window.element,
      operator("×"),
      this.applied.element,
      operator("="),
      this.products.element,
    );
    this.element = element(
      "div",
      { class: "stage" },
      element(
        "div",
        { class: "stage-row" },
        this.input.element,
        this.sign,
        this.kernel.element,
        operator("="),
        element("div", {}, this.output.element, this.misfit),
      ),
      element("div", { class: "stage-row lower" }, this.detail, this.formula),
      this.account,
    );
  }

  /** @param {import("./convolution-state.js").State} state its step is brought back into the output @returns {{columns: number, length: number}} of the output */
  show(state) {
    const plan = convolve({ ...state, padding: paddingOf(state) });
    const [vertical, horizontal] = plan.axes;
    const columns = plan.output[0]?.length ?? 0;
    const length = plan.output.length * columns;
    state.step = Math.min(state.step, Math.max(0, length - 1));
    const cell = length ? plan.cell(Math.floor(state.step / columns), state.step % columns) : null;
    const weight = 1.35 * magnitude(state.kernel.flat());
    this.sign.textContent = state.operation === "convolution" ? "∗" : "⋆";
    this.showInput(state, plan, cell);
    this.kernel.show(
      state.kernel.map((row, y) =>
        row.map((value, x) => ({ value, text: tight(value, 3), limit: weight, edits: [y, x] })),
      ),
    );
    const most = magnitude(plan.output.flat());
    this.output.show(
      plan.output.map((row, y) =>
        row.map((value, x) => ({
          value,
          limit: most * 1.35,
          marks:
            y === cell?.row && x === cell.column
              ? "is-current"
              : state.isCovered && y * columns + x > state.step
                ? "is-covered"
                : "",
        })),
      ),
    );
    this.output.element.hidden = !cell;
    this.detail.hidden = !cell;
    this.misfit.hidden = Boolean(cell);
    this.input.note(
      `${vertical.size}×${horizontal.size}${vertical.before + vertical.after + horizontal.before + horizontal.after ? ` → ${plan.places.length}×${plan.places[0].length}` : ""}`,
    );
    this.kernel.note(`${vertical.kernel}×${horizontal.kernel}`);
    this.output.note(`${plan.output.length}×${columns}`);
    this.applied.note(this.text(state.operation === "convolution" ? "turned" : "as_written"));
    this.element.style.setProperty(
      "--all-columns",
      String(plan.places[0].length + horizontal.kernel + Math.max(columns, 2)),
    );
    this.element.style.setProperty("--first-columns", String(plan.places[0].length + horizontal.kernel));
    this.element.style.setProperty("--most-rows", String(plan.places.length));
    if (cell) this.showCell(state, cell, weight);
    put(this.account, cell ? this.written(state, cell) : null);
    put(
      this.formula,
      sizeFormula(this.text, plan.axes),
      state.dilation.some((one) => one > 1)
        ? element("p", { class: "note" }, this.text("dilated_span"))
        : null,
    );
    return { columns, length };
  }

  /** @param {import("./convolution-state.js").State} state @param {ReturnType<typeof convolve>} plan @param {import("../arithmetic/convolution.js").Cell | null} cell */
  showInput(state, plan, cell) {
    const [vertical, horizontal] = plan.axes;
    const [firstUnused, firstUnusedColumn] = [
      plan.places.length - vertical.output.unused,
      plan.places[0].length - horizontal.output.unused,
    ];
    const terms = cell?.terms.flat() ?? [];
    const tapped = new Set(terms.map((term) => term.place));
    const lenders = new Set(
      terms
        .filter((term) => term.place.outside && term.place.row !== null)
        .map((term) => `${term.place.row},${term.place.column}`),
    );
    this.input.show(
      plan.places.map((row, y) =>
        row.map((place, x) => ({
          value: place.value,
          edits: place.outside ? undefined : [y - vertical.before, x - horizontal.before],
          marks: [
            place.outside ? "is-outside" : "",
            tapped.has(place) ? "is-tapped" : "",
            !place.outside && lenders.has(`${place.row},${place.column}`) ? "is-lender" : "",
            y >= firstUnused || x >= firstUnusedColumn ? "is-unused" : "",
          ].join(" "),
        })),
      ),
    );
    this.input.slide(
      cell && { top: cell.top, left: cell.left, rows: vertical.output.span, columns: horizontal.output.span },
    );
    const hasBorder =
      plan.places.length > state.input.length || plan.places[0].length > state.input[0].length;
    this.input.outline(
      hasBorder
        ? { top: vertical.before, left: horizontal.before, rows: vertical.size, columns: horizontal.size }
        : null,
    );
  }

  /** @param {import("./convolution-state.js").State} _ @param {import("../arithmetic/convolution.js").Cell} cell @param {number} weight */
  showCell(_, cell, weight) {
    const most = magnitude(cell.terms.flat().map((term) => term.product));
    this.window.show(
      cell.terms.map((row) =>
        row.map(({ place }) => ({ value: place.value, marks: place.outside ? "is-outside" : "" })),
      ),
    );
    this.applied.show(
      cell.terms.map((row) =>
        row.map((term) => ({ value: term.weight, text: tight(term.weight, 3), limit: weight })),
      ),
    );
    this.products.show(
      cell.terms.map((row) => row.map((term) => ({ value: term.product, limit: most * 1.35 }))),
    );
  }

  /** @param {import("./convolution-state.js").State} state @param {import("../arithmetic/convolution.js").Cell} cell */
  written(state, cell) {
    const isPlain = !state.bias && state.activation === "identity";
    const terms = cell.terms
      .flat()
      .map(({ place, weight, product }) => ({ value: place.value, weight, product }));
    const isLecture =
      sameMatrix(state.input, IMAGE) &&
      state.preset === "laplacian_4" &&
      state.padding === "valid" &&
      isPlain &&
      state.stride.concat(state.dilation).every((one) => one === 1);
    const printed = isLecture ? misprint(cell.row, cell.column) : null;
    return [
      writtenProducts(terms, cell.sum, { isTotal: isPlain }),
      isPlain
        ? null
        : writtenActivation({
            sum: cell.sum,
            bias: state.bias,
            biased: cell.biased,
            activation: state.activation,
            value: cell.value,
          }, 3),
      printed === null
        ? null
        : element(
            "p",
            { class: "note" },
            this.text("misprint", { printed: written(printed), right: written(cell.value) }),
          ),
    ];
  }

  /** Let the applied kernel be seen turning by 180 degrees, its numbers upright. */
  turn() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const timing = { duration: TURN_MS, easing: "cubic-bezier(0.6, 0, 0.2, 1)" };
    for (const grid of [this.applied]) {
      grid.body.animate([{ transform: "rotate(-180deg)" }, { transform: "none" }], timing);
      for (const cell of grid.cells.flat())
        cell.animate([{ transform: "rotate(180deg)" }, { transform: "none" }], timing);
    }
  }
}

/** @param {string} sign */
function operator(sign) {
  return element("span", { class: "operator", "aria-hidden": "true" }, sign);
}

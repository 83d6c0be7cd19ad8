/** @file The pooling lab: the largest or the mean of each patch, and what the border does to it. */

import { replaced } from "../arithmetic/matrix.js";
import { pool } from "../arithmetic/pooling.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, segments } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { NumberGrid } from "../parts/number-grid.js";
import { writtenMaximum, writtenMean } from "../parts/written-pool.js";
import { axisCounts, frame, stepper } from "./frame.js";
import { MOST_PATCH, PADDINGS, callOf, paddingOf, readState, writeState } from "./pooling-state.js";
import { sizeFormula } from "./size-formula.js";

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  const state = readState(values);
  const name = (/** @type {number} */ row, /** @type {number} */ column) =>
    text("row_column", { row, column });
  const input = new NumberGrid({
    label: text("input"),
    name,
    onEdit: (row, column, value) => ((state.input = replaced(state.input, row, column, value)), show()),
  });
  const output = new NumberGrid({
    label: text("output"),
    name,
    onPick: (row, column) => steps.pick(row, column),
  });
  const account = element("div", { class: "written", "aria-live": "polite" });
  const formulas = element("div", { class: "formulas" });
  const misfit = element("p", { class: "notice", role: "status", hidden: true }, text("patch_too_large"));
  const stage = element(
    "div",
    { class: "stage pooling" },
    element(
      "div",
      { class: "stage-row" },
      input.element,
      element("span", { class: "operator", "aria-hidden": "true" }, "→"),
      element("div", {}, output.element, misfit),
    ),
    account,
    formulas,
  );
  const steps = stepper({ text, state, output, show });
  const call = callDrawer({ text, call: () => ({ method: "POST", path: "/pool", json: callOf(state) }) });
  const margins = element(
    "div",
    { class: "fields" },
    axisCounts({ text, name: "margins", state, least: 0, most: MOST_PATCH - 1, show }),
  );

  function show() {
    const plan = pool({ ...state, padding: paddingOf(state) });
    const [vertical, horizontal] = plan.axes;
    const columns = plan.output[0]?.length ?? 0;
    const length = plan.output.length * columns;
    state.step = Math.min(state.step, Math.max(0, length - 1));
    const cell = length ? plan.cell(Math.floor(state.step / columns), state.step % columns) : null;
    const isMax = state.operation === "max";
    const [lastRow, lastColumn] = [
      plan.places.length - vertical.output.unused,
      plan.places[0].length - horizontal.output.unused,
    ];
    input.show(
      plan.places.map((row, y) =>
        row.map((value, x) => ({
          value,
          text: value === null ? "·" : undefined,
          edits: value === null ? undefined : [y - vertical.before, x - horizontal.before],
          marks: [
            value === null ? "is-outside" : "",
            cell?.found.some((one) => one.row === y && one.column === x) ? "is-tapped" : "",
            isMax && cell?.winner.row === y && cell.winner.column === x ? "is-winner" : "",
            y >= lastRow || x >= lastColumn ? "is-unused" : "",
          ].join(" "),
        })),
      ),
    );
    input.slide(cell && { top: cell.top, left: cell.left, rows: state.patch[0], columns: state.patch[1] });
    input.note(`${vertical.size}×${horizontal.size}`);
    output.show(
      plan.output.map((row, y) =>
        row.map((value, x) => ({
          value,
          marks:
            y === cell?.row && x === cell.column
              ? "is-current"
              : state.isCovered && y * columns + x > state.step
                ? "is-covered"
                : "",
        })),
      ),
    );
    output.note(`${plan.output.length}×${columns}`);
    output.element.hidden = !cell;
    misfit.hidden = Boolean(cell);
    margins.hidden = state.padding !== "number";
    stage.style.setProperty("--all-columns", String(plan.places[0].length + Math.max(columns, 2)));
    stage.style.setProperty("--first-columns", String(plan.places[0].length + Math.max(columns, 2)));
    stage.style.setProperty("--most-rows", String(plan.places.length));
    put(account, cell ? (isMax ? writtenMaximum(cell, text) : writtenMean(cell, text)) : null);
    put(formulas, sizeFormula(text, plan.axes));
    steps.set({ length, columns });
    call.write();
    keep(writeState(state));
  }

  const view = frame({
    text,
    title: "view_pooling",
    settings: [
      segments({
        name: text("operation"),
        options: [
          ["max", text("max")],
          ["average", text("average")],
        ],
        value: state.operation,
        onChange: (value) => ((state.operation = /** @type {"max"} */ (value)), show()),
      }).element,
      element(
        "div",
        { class: "fields" },
        axisCounts({ text, name: "patch", state, most: MOST_PATCH, show }),
        axisCounts({ text, name: "stride", state, most: MOST_PATCH, show }),
      ),
      choice({
        name: text("padding"),
        options: PADDINGS.map((one) => [one, text(`padding_${one}`)]),
        value: state.padding,
        onChange: (value) => ((state.padding = /** @type {typeof state.padding} */ (value)), show()),
      }).element,
      margins,
      element("p", { class: "note" }, text("pooling_note")),
    ],
    stage: [steps.element, stage, call.element],
    onkeydown: steps.key,
  });
  show();
  return view;
}

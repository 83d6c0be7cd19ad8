/** @file Three channels, two kernels as deep as the input: partial sums, and one map for each kernel. */

import { readCount } from "../arithmetic/address.js";
import { magnitude } from "../arithmetic/colour-scale.js";
import { convolve } from "../arithmetic/convolution.js";
import { IMAGE } from "../arithmetic/lecture.js";
import { added, written } from "../arithmetic/numerals.js";
import { callDrawer } from "../parts/call-drawer.js";
import { segments } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { NumberGrid } from "../parts/number-grid.js";
import { Player } from "../parts/player.js";

const CHANNELS = [
  IMAGE,
  [[5, 3, 4, 5, 5], [8, 9, 9, 4, 8], [0, 2, 2, 8, 0], [4, 9, 3, 2, 0], [8, 2, 6, 0, 8]],
  [[8, 0, 0, 8, 5], [0, 2, 8, 4, 5], [6, 3, 2, 9, 4], [2, 9, 2, 9, 3], [8, 4, 0, 8, 5]],
]; // prettier-ignore
const ZEROS = [
  [0, 0, 0],
  [0, 0, 0],
  [0, 0, 0],
];
const ONES = [
  [1, 1, 1],
  [1, 1, 1],
  [1, 1, 1],
];
const LAPLACIAN = [
  [0, -1, 0],
  [-1, 4, -1],
  [0, -1, 0],
];
const KERNELS = [
  { slices: [LAPLACIAN, ZEROS, ONES], bias: 1 },
  { slices: [ONES, LAPLACIAN, ZEROS], bias: -20 },
];
const NAMES = /** @type {const} */ (["red", "green", "blue"]);

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  let chosen = readCount(values.get("kernel"), { least: 0, most: KERNELS.length - 1, fallback: 0 });
  let step = readCount(values.get("step"), { least: 0, most: 8, fallback: 0 });
  const name = (/** @type {number} */ row, /** @type {number} */ column) =>
    text("row_column", { row, column });
  const grid = (/** @type {string} */ label, caption = label) => new NumberGrid({ label, caption, name });
  const rows = NAMES.map((channel) => ({
    input: grid(text(channel)),
    kernel: grid(`${text("kernel")}: ${text(channel)}`, text("kernel")),
    partial: grid(`${text("partial")}: ${text(channel)}`, text("partial")),
  }));
  const maps = KERNELS.map(
    (_, index) =>
      new NumberGrid({
        label: text("map_of_kernel", { kernel: index + 1 }),
        name,
        onPick: (row, column) => ((chosen = index), player.jump(row * 3 + column), show()),
      }),
  );
  const sum = element("div", { class: "written", "aria-live": "polite" });
  const player = new Player({ text, onStep: (to) => ((step = to), show()) });
  const picker = element("div", {});
  const call = callDrawer({
    text,
    call: () => ({
      method: "POST",
      path: "/convolve",
      json: {
        input: CHANNELS,
        kernel: KERNELS.map((one) => one.slices),
        bias: KERNELS.map((one) => one.bias),
        operation: "cross_correlation",
      },
    }),
  });

  /** @param {number} kernel @param {number} channel */
  function plan(kernel, channel) {
    return convolve({
      input: CHANNELS[channel],
      kernel: KERNELS[kernel].slices[channel],
      operation: "cross_correlation",
      padding: ["valid", "valid"],
      border: "zeros",
      stride: [1, 1],
      dilation: [1, 1],
      bias: 0,
      activation: "identity",
    });
  }

  function show() {
    const [row, column] = [Math.floor(step / 3), step % 3];
    const partials = NAMES.map((_, channel) => plan(chosen, channel));
    const most = 1.35 * magnitude(partials.flatMap((one) => one.output.flat()));
    rows.forEach(({ input, kernel, partial }, channel) => {
      const cell = partials[channel].cell(row, column);
      const tapped = new Set(cell.terms.flat().map((term) => term.place));
      input.show(
        partials[channel].places.map((line) =>
          line.map((place) => ({ value: place.value, marks: tapped.has(place) ? "is-tapped" : "" })),
        ),
      );
      input.slide({ top: row, left: column, rows: 3, columns: 3 });
      kernel.show(
        KERNELS[chosen].slices[channel].map((line) => line.map((value) => ({ value, limit: 5.4 }))),
      );
      partial.show(
        partials[channel].output.map((line, y) =>
          line.map((value, x) => ({
            value,
            limit: most,
            marks: y === row && x === column ? "is-current" : "",
          })),
        ),
      );
    });
    maps.forEach((map, index) => {
      const output = total(index);
      const limit = 1.35 * magnitude(output.flat());
      map.show(
        output.map((line, y) =>
          line.map((value, x) => ({
            value,
            limit,
            marks: index === chosen && y === row && x === column ? "is-current" : "",
          })),
        ),
      );
      map.element.classList.toggle("is-faint", index !== chosen);
    });
    const parts = [...partials.map((one) => one.output[row][column]), KERNELS[chosen].bias];
    put(
      sum,
      element(
        "p",
        { class: "sum" },
        `${added(parts, 2)} = `,
        element("b", {}, written(total(chosen)[row][column])),
      ),
      element("p", { class: "note" }, text("channels_note")),
    );
    put(
      picker,
      segments({
        name: text("kernel"),
        hideName: true,
        options: KERNELS.map((_, index) => [String(index), `${text("kernel")} ${index + 1}`]),
        value: String(chosen),
        onChange: (value) => ((chosen = Number(value)), show(), refocus()),
      }).element,
    );
    player.set(9, step);
    keep({ ...(chosen ? { kernel: chosen } : {}), ...(step ? { step } : {}) });
  }

  function refocus() {
    /** @type {HTMLElement | null} */ (picker.querySelector("input:checked"))?.focus();
  }

  /** @param {number} kernel */
  function total(kernel) {
    const partials = NAMES.map((_, channel) => plan(kernel, channel).output);
    return partials[0].map((line, y) =>
      line.map((_, x) => partials.reduce((all, one) => all + one[y][x], KERNELS[kernel].bias)),
    );
  }

  const sign = (/** @type {string} */ what) =>
    element("span", { class: "operator", "aria-hidden": "true" }, what);
  const view = element(
    "div",
    { class: "view viewport", onkeydown: (/** @type {KeyboardEvent} */ event) => player.key(event, 3) },
    element("h2", { class: "unseen" }, text("view_channels")),
    element("div", { class: "player-bar" }, player.element, picker),
    element(
      "div",
      { class: "depth" },
      element(
        "div",
        { class: "slices" },
        rows.map((row, channel) =>
          element(
            "div",
            { class: `stage-row channel-${NAMES[channel]}` },
            row.input.element,
            sign("⋆"),
            row.kernel.element,
            sign("="),
            row.partial.element,
          ),
        ),
      ),
      element(
        "div",
        { class: "gathered" },
        sum,
        element(
          "div",
          { class: "stage-row" },
          maps.map((map) => map.element),
        ),
      ),
    ),
    call.element,
  );
  show();
  return view;
}

/** @file The frame of a panel: what can be set at the side, and what comes of it. */

import { Newest } from "../newest.js";
import { count, tick } from "../parts/controls.js";
import { element } from "../parts/element.js";
import { Fault } from "../parts/fault.js";
import { Player } from "../parts/player.js";

const NARROW = matchMedia("(max-width: 60rem)");

/** @typedef {import("../parts/element.js").Child} Child */

/**
 * @param {object} panel
 * @param {import("../strings.js").Text} panel.text
 * @param {import("../strings.js").Key} panel.title
 * @param {Child[]} panel.settings
 * @param {Child[]} panel.stage
 * @param {(event: KeyboardEvent) => void} [panel.onkeydown] in the stage
 */
export function frame({ text, title, settings, stage, onkeydown }) {
  // On a narrow screen, open settings would push the stage away.
  const toolbar = element(
    "details",
    { class: "toolbar", open: !NARROW.matches },
    element("summary", {}, text("settings")),
    element("div", { class: "settings" }, settings),
  );
  NARROW.onchange = () => (toolbar.open = !NARROW.matches);
  return element(
    "div",
    { class: "view" },
    element("h2", { class: "unseen" }, text(title)),
    element(
      "div",
      { class: "split" },
      toolbar,
      element("div", { class: "viewport", ...(onkeydown ? { onkeydown } : {}) }, stage),
    ),
  );
}

/**
 * A panel that needs something of the service first.
 * @template T
 * @param {import("../strings.js").Text} text
 * @param {() => Promise<T>} load
 * @param {(loaded: T) => HTMLElement} build
 */
export function loading(text, load, build) {
  const fault = new Fault(text);
  const place = element("div", { class: "loading" }, fault.element);
  new Newest(async () => place.replaceWith(build(await load())), fault).ask(null);
  return place;
}

/**
 * Steps through the cells of an output: a player, its keys, and a tick that covers what is to come.
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {{step: number, isCovered: boolean}} options.state
 * @param {import("../parts/number-grid.js").NumberGrid} options.output
 * @param {() => void} options.show
 */
export function stepper({ text, state, output, show }) {
  let columns = 1;
  const player = new Player({ text, onStep: (step) => ((state.step = step), show()) });
  return {
    element: element(
      "div",
      { class: "player-bar" },
      player.element,
      tick({
        name: text("cover"),
        value: state.isCovered,
        onChange: (value) => ((state.isCovered = value), show()),
      }),
    ),
    /** @param {number} row @param {number} column */
    pick: (row, column) => player.jump(row * columns + column),
    /** @param {{length: number, columns: number}} shown of the output */
    set(shown) {
      columns = shown.columns;
      player.set(shown.length, state.step);
    },
    /** @param {KeyboardEvent} event */
    key(event) {
      const isFromOutput = output.body.contains(/** @type {Node} */ (event.target));
      player.key(event, columns);
      if (isFromOutput) output.focus(Math.floor(state.step / columns), state.step % columns);
    },
  };
}

/**
 * Two counts, for rows and for columns.
 * @template {string} N
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {N} options.name in the state, and with `_h` and `_w` in the string table
 * @param {Record<N, [number, number]>} options.state
 * @param {number} [options.least]
 * @param {number} options.most
 * @param {() => void} options.show
 */
export function axisCounts({ text, name, state, least = 1, most, show }) {
  return [0, 1].map((axis) =>
    count({
      name: text(/** @type {"stride_h"} */ (`${name}_${axis ? "w" : "h"}`)),
      value: state[name][axis],
      least,
      most,
      onChange: (value) => {
        const [rows, columns] = state[name];
        state[name] = axis ? [rows, value] : [value, columns];
        show();
      },
    }),
  );
}

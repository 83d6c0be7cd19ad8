/** @file One pinned cell, taken apart: window times kernel, channel by channel, and the sum that they make. */

import { magnitude } from "../arithmetic/colour-scale.js";
import { tight, written } from "../arithmetic/numerals.js";
import { element, put } from "../parts/element.js";
import { faultWords } from "../parts/fault.js";
import { MatrixCanvas } from "../parts/matrix-canvas.js";
import { NumberGrid } from "../parts/number-grid.js";
import {
  partialDecimals,
  writtenActivation,
  writtenLogit,
  writtenPartials,
  writtenScaled,
  writtenSoftmax,
  writtenWindow,
} from "../parts/written-sum.js";
import { cellAccount } from "./cell-account.js";

/** @typedef {import("../arithmetic/layer-cell.js").Account} Account */
/** What a key does to the pinned cell, for fingers. */
const MOVES = /** @type {const} */ ([
  ["ArrowLeft", "cell_left", "←"],
  ["ArrowUp", "cell_up", "↑"],
  ["ArrowDown", "cell_down", "↓"],
  ["ArrowRight", "cell_right", "→"],
  ["PageUp", "map_before", "‹"],
  ["PageDown", "map_after", "›"],
  ["Escape", "let_go", "×"],
]);
const FEW_NUMBERS = 32;
const MOST_ROWS = 16;

export class CellInspector {
  /** @param {{text: import("../strings.js").Text, channel: number, onChannel: (channel: number) => void, onKey: (key: string) => void}} options */
  constructor({ text, channel, onChannel, onKey }) {
    this.text = text;
    this.channel = channel;
    this.onChannel = onChannel;
    this.asked = 0;
    this.body = element("div", { class: "account" });
    this.title = element("h3");
    this.element = element(
      "section",
      { class: "inspector", hidden: true, "aria-label": text("inspector") },
      element(
        "header",
        {},
        this.title,
        element(
          "div",
          { class: "moves", role: "group", "aria-label": text("move_cell") },
          MOVES.map(([key, name, sign]) =>
            element(
              "button",
              {
                type: "button",
                "aria-label": text(name),
                title: text(name),
                onclick: () => onKey(key),
              },
              sign,
            ),
          ),
        ),
      ),
      this.body,
    );
  }

  /**
   * @param {import("./network.js").NetworkView | null} view
   * @param {import("./network.js").Pin | null} pin
   */
  async show(view, pin) {
    this.asked += 1;
    const turn = this.asked;
    const value = pin && view?.valueAt(pin);
    const isWithin = this.element.contains(document.activeElement);
    this.element.hidden = !pin || value === null || value === undefined;
    if (isWithin && this.element.hidden) document.querySelector("main")?.focus({ preventScroll: true });
    if (!view || !pin || value === null || value === undefined) return;
    this.title.textContent = `${view.nameOf(pin)} = ${written(value, 4)}`;
    if (pin.layer === 0)
      return put(
        this.body,
        element("p", { class: "note" }, this.text("input_cell", { share: written(value / 255, 3) })),
      );
    try {
      const account = await this.account(view, pin, value);
      if (turn === this.asked) this.draw(account);
    } catch (error) {
      if (turn === this.asked)
        put(this.body, element("p", { class: "notice is-fault" }, faultWords(error, this.text)));
    }
  }

  /**
   * How a cell came about; a text where nothing is computed, or where it is not known how.
   * @param {import("./network.js").NetworkView} view
   * @param {import("./network.js").Pin} pin
   * @param {number} value
   * @returns {Promise<Account | string>}
   */
  async account(view, pin, value) {
    const account = await cellAccount(view, pin, value);
    if (account && "key" in account) return this.text(account.key, account.values);
    return account ?? this.text("unknown_cell", { type: view.layers[pin.layer].type });
  }

  /** @param {Account | string} account */
  draw(account) {
    const { text } = this;
    if (typeof account === "string") return put(this.body, element("p", { class: "note" }, account));
    const { groups } = account;
    const isShare = account.activation === "softmax" && account.logits;
    const share = isShare
      ? writtenSoftmax({
          ...account,
          logits: isShare,
          unit: account.unit ?? 0,
          isBare: account.kind === "share",
        })
      : null;
    if (account.kind === "share")
      return put(this.body, account.distance ? writtenLogit(account.distance, account.sum) : null, share);
    if (account.kind === "distance") {
      return put(
        this.body,
        this.strips(groups, account.sum, [text("window"), text("bitmap"), text("squares")]),
        element("p", { class: "sum" }, "Σ (x − w)² = ", element("b", {}, written(account.value, 4))),
      );
    }
    if (account.kind !== "sum") {
      return put(
        this.body,
        element("div", { class: "equation" }, this.grid(text("window"), groups[0].window, false)),
        writtenWindow(groups[0].window.flat(), account.value, account.kind === "mean"),
      );
    }
    const { scaled } = account;
    if (scaled) {
      return put(
        this.body,
        element("div", { class: "equation" }, this.grid(text("window"), groups[0].window, false)),
        element(
          "div",
          { class: "total" },
          writtenWindow(groups[0].window.flat(), scaled.mean, true, text("mean_of_window")),
          writtenScaled(scaled, account.sum, text("by_coefficient")),
          writtenActivation(account),
        ),
        element("p", { class: "note" }, text("rounded")),
      );
    }
    const digits = partialDecimals(groups, account.sum);
    const chosen = groups.find((one) => one.channel === this.channel) ?? groups[0];
    const isWithin = this.body.contains(document.activeElement);
    const isSmall = chosen.window.flat().length <= FEW_NUMBERS;
    put(
      this.body,
      element(
        "div",
        { class: "parts" },
        isSmall ? this.equation(chosen, groups.length, digits) : this.strips(groups, account.sum),
        groups.length > 1 ? this.channels(groups, chosen, digits) : null,
      ),
      element(
        "div",
        { class: "total" },
        groups.length > 1 ? writtenPartials(groups, account.sum) : null,
        share ?? writtenActivation(account),
      ),
      isSmall ? element("p", { class: "note" }, text("rounded")) : null,
    );
    if (isWithin) /** @type {HTMLElement | null} */ (this.body.querySelector("[aria-pressed=true]"))?.focus();
  }

  /** More products than can be read, as pictures. @param {Account["groups"]} groups @param {number} sum @param {string[]} labels */
  strips(groups, sum, labels = [this.text("window"), this.text("kernel"), this.text("products")]) {
    const isMany = groups.length > 1;
    const names = /** @type {const} */ (["window", "kernel", "products"]);
    return element(
      "div",
      { class: "strips" },
      names.map((name, index) => {
        const label = labels[index];
        const canvas = new MatrixCanvas({
          columns: 30,
          cell: isMany ? 0.1875 : 1,
          gap: 0.125,
          attributes: { role: "img", "aria-label": label },
        });
        canvas.show(groups.map((one) => one[name]));
        const title = name === "products" ? `${label}: Σ = ${written(sum, 4)}` : label;
        return element("div", { class: "strip" }, element("span", { class: "note" }, title), canvas.element);
      }),
    );
  }

  /** A row for each channel: window, kernel, products, and what they come to. @param {Account["groups"]} groups @param {Account["groups"][number]} chosen @param {number} digits */
  channels(groups, chosen, digits) {
    const { text } = this;
    const names = /** @type {const} */ (["window", "kernel", "products"]);
    const limits = names.map((name) => magnitude(groups.flatMap((one) => one[name].flat())));
    return element(
      "div",
      { class: "channels", role: "group", "aria-label": text("channel") },
      groups.map((one) => {
        const pictures = (groups.length > MOST_ROWS ? [] : names).map((name, index) => {
          const canvas = new MatrixCanvas({
            columns: 1,
            cell: 0.4375,
            attributes: { "aria-hidden": "true" },
          });
          canvas.show([one[name]], limits[index]);
          return canvas.element;
        });
        return element(
          "button",
          {
            type: "button",
            class: "quiet",
            "aria-pressed": String(one === chosen),
            onclick: () => this.choose(one.channel),
          },
          element("span", {}, text("map_number", { map: one.channel })),
          pictures,
          element("span", { class: "partial" }, written(one.partial, digits)),
        );
      }),
    );
  }

  /** @param {number} channel */
  choose(channel) {
    this.channel = channel;
    this.onChannel(channel);
  }

  /** @param {Account["groups"][number]} group @param {number} channels @param {number} digits */
  equation({ channel, window, kernel, products, partial }, channels, digits) {
    const { text } = this;
    return element(
      "div",
      { class: "equation" },
      this.grid(channels > 1 ? text("window_of_channel", { channel }) : text("window"), window, false),
      element("span", { class: "operator" }, "×"),
      this.grid(text("kernel"), kernel, true),
      element("span", { class: "operator" }, "="),
      this.grid(`${text("products")}: Σ = ${written(partial, digits)}`, products, true),
    );
  }

  /** @param {string} label @param {number[][]} matrix @param {boolean} isSigned */
  grid(label, matrix, isSigned) {
    const grid = new NumberGrid({ label, name: (row, column) => this.text("row_column", { row, column }) });
    const limit = magnitude(matrix.flat()) * (isSigned ? 1.2 : 1.6);
    grid.show(matrix.map((row) => row.map((value) => ({ value, text: tight(value, 2), limit }))));
    return grid.element;
  }
}

/** @file A matrix to read, to edit or to point at, with the window that slides over it. */

import { typed, written } from "../arithmetic/numerals.js";
import { colour } from "../arithmetic/colour-scale.js";
import { theme } from "./theme.js";
import { element, put } from "./element.js";

/**
 * @typedef {object} Shown
 * @property {number | null} value null shows nothing
 * @property {string} [text] instead of the value
 * @property {number} [limit] paints the cell on the diverging scale
 * @property {string} [marks] classes: is-outside, is-tapped, is-current, is-covered, is-unused, is-winner, is-lender
 * @property {[number, number]} [edits] row and column of the value that typing here changes
 */

export class NumberGrid {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {string} [options.caption] shown instead of the label
   * @param {(row: number, column: number) => string} options.name of a cell, for screen readers
   * @param {(row: number, column: number, value: number) => void} [options.onEdit]
   * @param {(row: number, column: number) => void} [options.onPick]
   */
  constructor({ label, caption = label, name, onEdit, onPick }) {
    this.name = name;
    this.onEdit = onEdit;
    this.onPick = onPick;
    this.body = element("div", { class: "grid", role: "group", "aria-label": label });
    this.window = element("div", { class: "window", hidden: true });
    this.inside = element("div", { class: "inside", hidden: true });
    this.captionNote = element("span", {}, "\u00a0");
    this.caption = element("figcaption", {}, element("b", {}, caption), this.captionNote);
    this.element = element("figure", { class: "grid-figure" }, this.caption, this.body);
    /** @type {HTMLElement[][]} */
    this.cells = [];
    /** @type {Map<Element, {value: number | null, text: string}>} what is in a field */
    this.now = new Map();
    this.shape = "";
  }

  /** @param {string} note */
  note(note) {
    this.captionNote.textContent = note;
  }

  /** @param {Shown[][]} rows */
  show(rows) {
    const kinds = rows
      .map((row) => row.map((shown) => (shown.edits && this.onEdit ? "e" : "-")).join(""))
      .join("/");
    if (kinds !== this.shape) this.build(rows, kinds);
    let longest = 1;
    rows.forEach((row, y) =>
      row.forEach((shown, x) => {
        const text = shown.text ?? (shown.value === null ? "" : written(shown.value));
        longest = Math.max(longest, text.length);
        this.dress(this.cells[y][x], shown, text, y, x);
      }),
    );
    this.body.style.setProperty("--letter", String(Math.min(0.44, 1.5 / Math.max(longest, 2))));
  }

  /**
   * Slide the window; null hides it.
   * @param {{top: number, left: number, rows: number, columns: number} | null} place
   */
  slide(place) {
    frame(this.window, place);
  }

  /** Outline the part that is no border. @param {{top: number, left: number, rows: number, columns: number} | null} place */
  outline(place) {
    frame(this.inside, place);
  }

  /** @param {number} row @param {number} column */
  focus(row, column) {
    this.cells[row]?.[column]?.focus();
  }

  /** @param {Shown[][]} rows @param {string} kinds */
  build(rows, kinds) {
    this.shape = kinds;
    this.now.clear();
    this.body.style.setProperty("--columns", String(rows[0]?.length ?? 1));
    this.cells = rows.map((row, y) => row.map((shown, x) => this.make(shown, y, x)));
    put(this.body, this.cells.flat(), this.inside, this.window);
  }

  /** @param {Shown} shown @param {number} y @param {number} x */
  make(shown, y, x) {
    if (shown.edits && this.onEdit) {
      const [row, column] = shown.edits;
      const input = element("input", {
        class: "cell",
        inputmode: "text",
        autocomplete: "off",
        // What is typed over is the number itself, not what there is room for.
        onfocus: () => ((input.value = written(this.now.get(input)?.value ?? 0, 20)), input.select()),
        onblur: () => {
          input.value = this.now.get(input)?.text ?? "";
          input.removeAttribute("aria-invalid");
        },
        oninput: () => {
          const value = typed(input.value);
          const isFine = Math.abs(value) <= 1e6;
          input.setAttribute("aria-invalid", String(!isFine));
          if (isFine) this.onEdit?.(row, column, value);
        },
      });
      return input;
    }
    if (this.onPick)
      return element("button", { type: "button", class: "cell", onclick: () => this.onPick?.(y, x) });
    return element("span", { class: "cell" });
  }

  /** @param {HTMLElement} cell @param {Shown} shown @param {string} text @param {number} y @param {number} x */
  dress(cell, shown, text, y, x) {
    cell.className = `cell ${shown.marks ?? ""}`;
    const isCovered = shown.marks?.includes("is-covered");
    if (cell instanceof HTMLInputElement) {
      const [row, column] = shown.edits ?? [y, x];
      this.now.set(cell, { value: shown.value, text });
      if (document.activeElement !== cell) cell.value = text;
      cell.setAttribute("aria-label", this.name(row, column));
    } else {
      cell.textContent = isCovered ? "" : text;
      if (this.onPick) cell.setAttribute("aria-label", `${this.name(y, x)}${isCovered ? "" : `: ${text}`}`);
      if (cell instanceof HTMLButtonElement) cell.tabIndex = shown.marks?.includes("is-current") ? 0 : -1;
    }
    const isPainted =
      shown.limit !== undefined &&
      shown.value !== null &&
      !isCovered &&
      !/is-(un|tapped)/.test(shown.marks ?? "");
    const painted = isPainted
      ? colour(shown.value ?? 0, shown.limit ?? 1, theme())
      : { background: "", text: "" };
    cell.style.background = painted.background;
    cell.style.color = painted.text;
  }
}

/** @param {HTMLElement} box @param {{top: number, left: number, rows: number, columns: number} | null} place */
function frame(box, place) {
  box.hidden = !place;
  if (!place) return;
  const pitch = "(var(--cell) + var(--gap))";
  box.style.width = `calc(${place.columns} * ${pitch} - var(--gap))`;
  box.style.height = `calc(${place.rows} * ${pitch} - var(--gap))`;
  box.style.transform = `translate(calc(${place.left} * ${pitch}), calc(${place.top} * ${pitch}))`;
}

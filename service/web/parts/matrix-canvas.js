/** @file Maps as pictures on one canvas: several matrices side by side, cells to point at, regions to outline. */

import { magnitude, paint } from "../arithmetic/colour-scale.js";
import { theme } from "./theme.js";
import { element } from "./element.js";

const LEAST_FRAMED_PX = 20;
// A finger is wider than a pointer: on a narrow screen cells grow, and maps stand in a strip that scrolls.
const NARROW = matchMedia("(max-width: 60rem)");
const TOUCH_CELL_REM = 0.625;
const STRIP_REM = 18;
/** The pictures by their canvases, which the page forgets when it has no more use for them. @type {WeakMap<Element, MatrixCanvas>} */
const DRAWN = new WeakMap();

/** @typedef {{map: number, row: number, column: number}} Spot */
/** @typedef {"signed" | "grey" | "rgb"} Tones signed numbers on the diverging scale; levels from 0; three maps of levels as one picture */
/** @typedef {{map: number, top: number, left: number, bottom: number, right: number, strong?: boolean}} Outline */

export class MatrixCanvas {
  /**
   * @param {object} options
   * @param {number} options.columns maps side by side
   * @param {number} options.cell side of a cell, in rem
   * @param {number} [options.gap] between maps, in rem
   * @param {Tones} [options.tones]
   * @param {boolean} [options.grows] on a narrow screen, where there is room below
   * @param {Record<string, unknown>} [options.attributes]
   */
  constructor({ columns, cell, gap = 0.25, tones = "signed", grows = false, attributes = {} }) {
    this.grows = grows;
    this.columns = columns;
    this.cell = cell;
    this.gap = gap;
    this.tones = tones;
    this.element = element("canvas", { class: "map", ...attributes });
    DRAWN.set(this.element, this);
    this.scratch = document.createElement("canvas");
    /** @type {ArrayLike<ArrayLike<number>>[]} */
    this.maps = [];
    /** @type {ArrayLike<ArrayLike<number>>[]} the channels of an `rgb` picture */
    this.channels = [];
    /** @type {Outline[]} */
    this.outlines = [];
    this.limit = 1;
  }

  /**
   * @param {ArrayLike<ArrayLike<number>>[]} maps matrices of one size
   * @param {number} [limit] the magnitude of the strongest colours; the largest there is, by default
   */
  show(maps, limit) {
    this.maps = this.tones === "rgb" ? [maps[0]] : maps;
    this.channels = maps;
    this.limit =
      limit ??
      Math.max(...maps.map((map) => Math.max(...Array.from(map, (row) => magnitude(Array.from(row))))));
    this.draw();
  }

  /** @param {Outline[]} outlines */
  mark(outlines) {
    if (!outlines.length && !this.outlines.length) return;
    this.outlines = outlines;
    this.draw();
  }

  /** The cell under a pointer. @param {{clientX: number, clientY: number}} pointer @returns {Spot | null} */
  at({ clientX, clientY }) {
    if (!this.maps.length) return null;
    const box = this.element.getBoundingClientRect();
    const { height, width, columns, pitchX, pitchY, unit } = this.geometry();
    const x = ((clientX - box.left) / box.width) * (this.element.width / unit.scale);
    const y = ((clientY - box.top) / box.height) * (this.element.height / unit.scale);
    const column = Math.floor(x / pitchX);
    const line = Math.floor(y / pitchY);
    const map = line * columns + column;
    const spot = {
      map,
      row: Math.floor((y - line * pitchY) / unit.cell),
      column: Math.floor((x - column * pitchX) / unit.cell),
    };
    const isInside =
      column >= 0 && column < columns && map < this.maps.length && spot.row >= 0 && spot.column >= 0;
    return isInside && spot.row < height && spot.column < width ? spot : null;
  }

  /** In CSS pixels; whole device pixels a cell keep the grid even. */
  geometry() {
    const height = this.maps[0].length;
    const width = this.maps[0][0].length;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    // A strip is long: one pixel a CSS pixel is enough for its squares.
    const scale = this.grows && NARROW.matches ? 1 : devicePixelRatio || 1;
    const isStrip = this.grows && NARROW.matches;
    const wanted = isStrip ? Math.max(this.cell, TOUCH_CELL_REM) : this.cell;
    const cell = Math.max(1, Math.round(wanted * rem * scale)) / scale;
    const gap = Math.round(this.gap * rem * scale) / scale;
    const lines = Math.max(1, Math.floor((STRIP_REM * rem) / (height * cell + gap)));
    return {
      height,
      width,
      columns: isStrip ? Math.ceil(this.maps.length / lines) : Math.min(this.columns, this.maps.length),
      pitchX: width * cell + gap,
      pitchY: height * cell + gap,
      unit: { cell, gap, scale },
    };
  }

  draw() {
    if (!this.maps.length) return;
    const { height, width, columns, pitchX, pitchY, unit } = this.geometry();
    const lines = Math.ceil(this.maps.length / columns);
    const [wide, high] = [columns * pitchX - unit.gap, lines * pitchY - unit.gap];
    const canvas = this.element;
    const [pixelsX, pixelsY] = [Math.round(wide * unit.scale), Math.round(high * unit.scale)];
    if (canvas.width !== pixelsX || canvas.height !== pixelsY) {
      [canvas.width, canvas.height] = [pixelsX, pixelsY];
      canvas.style.width = `${wide}px`;
      canvas.style.aspectRatio = `${pixelsX} / ${pixelsY}`;
    }
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.setTransform(unit.scale, 0, 0, unit.scale, 0, 0);
    pen.clearRect(0, 0, wide, high);
    pen.imageSmoothingEnabled = false;
    this.scratch.width = width;
    this.scratch.height = height;
    const scratch = /** @type {CanvasRenderingContext2D} */ (this.scratch.getContext("2d"));
    const picture = scratch.createImageData(width, height);
    this.maps.forEach((map, index) => {
      for (let row = 0, at = 0; row < height; row += 1) {
        for (let column = 0; column < width; column += 1, at += 4)
          this.ink(picture.data, at, map[row][column], row, column);
      }
      scratch.putImageData(picture, 0, 0);
      const [x, y] = [(index % columns) * pitchX, Math.floor(index / columns) * pitchY];
      pen.drawImage(this.scratch, x, y, width * unit.cell, height * unit.cell);
      if (unit.gap && width * unit.cell >= LEAST_FRAMED_PX) {
        pen.lineWidth = 1 / unit.scale;
        pen.strokeStyle = resolved("--line");
        pen.strokeRect(
          x + 0.5 / unit.scale,
          y + 0.5 / unit.scale,
          width * unit.cell - 1 / unit.scale,
          height * unit.cell - 1 / unit.scale,
        );
      }
    });
    for (const outline of this.outlines) this.trace(pen, outline, { columns, pitchX, pitchY, unit });
  }

  /** @param {Uint8ClampedArray} pixels @param {number} at @param {number} value @param {number} row @param {number} column */
  ink(pixels, at, value, row, column) {
    // The last row of a vector may be shorter.
    if (value === undefined) return;
    if (this.tones === "signed") return paint(pixels, at, value, this.limit, theme());
    for (let channel = 0; channel < 3; channel += 1) {
      const level = this.tones === "rgb" ? this.channels[channel][row][column] : value;
      pixels[at + channel] = Math.round((255 * level) / this.limit);
    }
    pixels[at + 3] = 255;
  }

  /**
   * @param {CanvasRenderingContext2D} pen
   * @param {Outline} outline
   * @param {{columns: number, pitchX: number, pitchY: number, unit: {cell: number}}} geometry
   */
  trace(pen, outline, { columns, pitchX, pitchY, unit }) {
    const [x, y] = [(outline.map % columns) * pitchX, Math.floor(outline.map / columns) * pitchY];
    const width = (outline.right - outline.left + 1) * unit.cell;
    const height = (outline.bottom - outline.top + 1) * unit.cell;
    const thick = outline.strong ? 2 : 1.5;
    const reach = Math.max(0, (5 - Math.min(width, height)) / 2);
    for (const [line, name] of /** @type {const} */ ([
      [thick + 2, "--sheet"],
      [thick, "--accent"],
    ])) {
      pen.lineWidth = line;
      pen.strokeStyle = resolved(name);
      pen.strokeRect(
        x + outline.left * unit.cell - reach,
        y + outline.top * unit.cell - reach,
        width + 2 * reach,
        height + 2 * reach,
      );
    }
  }
}

/** What the size of a cell follows from: the page's type, and whether the screen is narrow. */
function measures() {
  return `${getComputedStyle(document.documentElement).fontSize} ${NARROW.matches} ${devicePixelRatio}`;
}

let measured = measures();

// Type is as large as the window wants it, and a phone can be turned.
addEventListener("resize", () => {
  if (measures() === measured) return;
  measured = measures();
  for (const canvas of document.querySelectorAll("canvas.map")) DRAWN.get(canvas)?.draw();
});

/** @type {Map<string, string>} */
const RESOLVED = new Map();

/**
 * What a colour of the style sheet comes to in this theme; canvases know no variables.
 * @param {string} name
 */
export function resolved(name) {
  const key = `${name} ${theme()}`;
  const known = RESOLVED.get(key);
  if (known) return known;
  const probe = element("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  RESOLVED.set(key, value);
  return value;
}

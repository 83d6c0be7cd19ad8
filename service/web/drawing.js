/** @file What is on the paper: strokes exactly as a link has them, or a picture; and what was there before. */

import { MOST_POINTS, readStrokes, simplify, snapped, writeStrokes } from "./arithmetic/strokes.js";

/** @typedef {import("./arithmetic/strokes.js").Stroke} Stroke */
/** @typedef {{file: Blob, bitmap: ImageBitmap}} Picture */

/** Width of the brush, in percent of the paper's side. */
export const BRUSH = { least: 4, most: 16, step: 0.5, first: 9 };

export class Drawing {
  constructor() {
    /** @type {readonly Stroke[]} */
    this.strokes = [];
    /** @type {Picture | null} */
    this.picture = null;
    this.brush = BRUSH.first;
    /** @type {{strokes: readonly Stroke[], picture: Picture | null}[]} */
    this.past = [];
    /** @type {Stroke} every point of the newest stroke, before any is left out */
    this.points = [];
  }

  get isEmpty() {
    return !this.strokes.length && !this.picture;
  }

  /** Whether a link would hold no more. */
  get isFull() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0) >= MOST_POINTS;
  }

  /** Put other things on the paper. @param {readonly Stroke[]} strokes @param {Picture | null} [picture] */
  set(strokes, picture = null) {
    this.past.push({ strokes: this.strokes, picture: this.picture });
    this.strokes = strokes.map((stroke) => stroke.map(snapped));
    this.picture = picture;
  }

  /** Begin a stroke; a picture makes room for it. @param {import("./arithmetic/strokes.js").Point} point */
  begin(point) {
    this.points = [snapped(point)];
    this.set([...this.strokes, this.points]);
  }

  /** @param {import("./arithmetic/strokes.js").Point} point */
  extend(point) {
    const next = snapped(point);
    const last = this.points[this.points.length - 1];
    if (this.isFull || (next.x === last.x && next.y === last.y)) return;
    this.points.push(next);
    this.strokes = [...this.strokes.slice(0, -1), simplify(this.points)];
  }

  /** Bring back what the last stroke, picture, sample or clearing replaced. */
  undo() {
    Object.assign(this, this.past.pop());
  }

  /** Take the drawing of an address that has one. @param {Map<string, string>} values */
  read(values) {
    const strokes = readStrokes(values.get("ink"));
    if (strokes.length && writeStrokes(strokes) !== writeStrokes(this.strokes)) this.set(strokes);
    if (!strokes.length && !values.has("brush")) return;
    const brush = Number(values.get("brush") ?? BRUSH.first);
    this.brush = brush >= BRUSH.least && brush <= BRUSH.most ? brush : BRUSH.first;
  }

  /** The drawing as an address has it. @returns {Record<string, string | number>} */
  values() {
    return {
      ...(this.strokes.length ? { ink: writeStrokes(this.strokes) } : {}),
      ...(this.brush === BRUSH.first ? {} : { brush: this.brush }),
    };
  }
}

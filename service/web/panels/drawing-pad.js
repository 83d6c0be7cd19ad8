/** @file The paper to draw on: mouse, pen and touch; undo; a picture that was dropped or chosen. */

import { element } from "../parts/element.js";
import { ink } from "../parts/ink.js";
import { resolved } from "../parts/matrix-canvas.js";

/** @typedef {import("../arithmetic/strokes.js").Stroke} Stroke */

// Closer samples than this share of the paper say nothing new.
const LEAST_MOVE = 0.003;

export class DrawingPad {
  /**
   * @param {{label: string, hint: string, onInk: () => void}} options
   */
  constructor({ label, hint, onInk }) {
    this.onInk = onInk;
    /** @type {Stroke[]} */
    this.strokes = [];
    /** @type {ImageBitmap | null} */
    this.picture = null;
    /** @type {{top: number, left: number, height: number, width: number} | null} in shares of the paper */
    this.region = null;
    this.width = 0.09;
    this.pointer = -1;
    this.frame = 0;
    this.canvas = element("canvas", { role: "img", "aria-label": label, tabindex: -1 });
    this.hint = element("p", { class: "hint" }, hint);
    this.element = element("div", { class: "pad" }, this.canvas, this.hint);
    this.listen();
    new ResizeObserver(() => this.fit()).observe(this.element);
  }

  get isEmpty() {
    return !this.strokes.length && !this.picture;
  }

  /** @param {Stroke[]} strokes @param {ImageBitmap | null} [picture] */
  set(strokes, picture = null) {
    this.strokes = strokes;
    this.picture = picture;
    this.changed();
  }

  undo() {
    if (this.picture) this.picture = null;
    else this.strokes.pop();
    this.changed();
  }

  /** Outline what a cell sees. @param {DrawingPad["region"]} region */
  mark(region) {
    this.region = region;
    this.redraw();
  }

  changed() {
    this.region = null;
    this.redraw();
    this.onInk();
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.pointer !== -1) return;
      event.preventDefault();
      canvas.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.picture = null;
      this.strokes.push([this.place(event)]);
      this.changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      const stroke = this.strokes[this.strokes.length - 1];
      const events = event.getCoalescedEvents?.() ?? [];
      for (const sample of events.length ? events : [event]) {
        const point = this.place(sample);
        const last = stroke[stroke.length - 1];
        if (Math.hypot(point.x - last.x, point.y - last.y) >= LEAST_MOVE) stroke.push(point);
      }
      this.changed();
    });
    const lift = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === this.pointer) this.pointer = -1;
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
  }

  /** @param {PointerEvent} event */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  fit() {
    const side = Math.round(this.element.clientWidth * (devicePixelRatio || 1));
    if (!side || this.canvas.width === side) return;
    this.canvas.width = side;
    this.canvas.height = side;
    this.draw();
  }

  /** At the next frame, once. */
  redraw() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    const side = this.canvas.width;
    const pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
    pen.clearRect(0, 0, side, side);
    this.hint.hidden = !this.isEmpty;
    if (this.picture) {
      const scale = side / Math.max(this.picture.width, this.picture.height);
      pen.drawImage(this.picture, 0, 0, this.picture.width * scale, this.picture.height * scale);
    }
    ink(pen, this.strokes, { side, width: this.width, colour: resolved("--ink") });
    if (!this.region) return;
    const { top, left, height, width } = this.region;
    for (const [line, name] of /** @type {const} */ ([
      [0.016, "--sheet"],
      [0.008, "--accent"],
    ])) {
      pen.lineWidth = line * side;
      pen.strokeStyle = resolved(name);
      pen.strokeRect(left * side, top * side, width * side, height * side);
    }
  }
}

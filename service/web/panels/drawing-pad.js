/** @file The paper to draw on: mouse, pen and touch; undo; a picture that was dropped or chosen. */

import { element } from "../parts/element.js";
import { ink } from "../parts/ink.js";
import { resolved } from "../parts/matrix-canvas.js";

/** @typedef {import("../drawing.js").Drawing} Drawing */

export class DrawingPad {
  /**
   * @param {{text: import("../strings.js").Text, drawing: Drawing, hint: import("../strings.js").Key, onStroke: () => void,
   *   onInk: () => void}} options a stroke begins; what is on the paper changed
   */
  constructor({ text, drawing, hint, onStroke, onInk }) {
    this.text = text;
    this.drawing = drawing;
    this.emptyHint = hint;
    this.onStroke = onStroke;
    this.onInk = onInk;
    /** @type {{top: number, left: number, height: number, width: number} | null} in shares of the paper */
    this.region = null;
    this.pointer = -1;
    this.frame = 0;
    this.canvas = element("canvas", { role: "img", "aria-label": text("paper"), tabindex: -1 });
    this.hint = element("p", { class: "hint" });
    this.element = element("div", { class: "pad" }, this.canvas, this.hint);
    this.listen();
    new ResizeObserver(() => this.fit()).observe(this.element);
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
      if (this.drawing.isFull) return;
      this.pointer = event.pointerId;
      this.onStroke();
      this.drawing.begin(this.place(event));
      this.changed();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      for (const sample of events.length ? events : [event]) this.drawing.extend(this.place(sample));
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
    const { strokes, brush, picture, isEmpty, isFull } = this.drawing;
    this.hint.hidden = !isEmpty && !isFull;
    this.hint.textContent = this.text(isFull ? "paper_full" : this.emptyHint);
    if (picture) {
      const { width, height } = picture.bitmap;
      const scale = side / Math.max(width, height);
      pen.drawImage(picture.bitmap, 0, 0, width * scale, height * scale);
    }
    ink(pen, strokes, { side, width: brush / 100, colour: resolved("--ink") });
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

/** @file Step through cells by hand, or let them play. */

import { element, symbol } from "./element.js";

const SLOWEST_MS = 2200;
const FASTEST_MS = 120;

export class Player {
  /**
   * @param {{text: import("../strings.js").Text, onStep: (step: number) => void}} options
   */
  constructor({ text, onStep }) {
    this.text = text;
    this.onStep = onStep;
    this.step = 0;
    this.length = 1;
    this.timer = 0;
    this.count = element("span", { class: "count" });
    this.playButton = element("button", { type: "button", class: "main", onclick: () => this.toggle() });
    this.speed = element("input", {
      type: "range",
      min: 0,
      max: 100,
      value: 45,
      "aria-label": text("speed"),
    });
    const move = (/** @type {() => number} */ to) => () => this.jump(to());
    const button = (/** @type {"first"|"back"|"forward"|"last"} */ name, /** @type {() => number} */ to) =>
      element(
        "button",
        { type: "button", "aria-label": text(name), title: text(name), onclick: move(to) },
        symbol(name),
      );
    this.element = element(
      "div",
      { class: "player", role: "group", "aria-label": text("player") },
      button("first", () => 0),
      button("back", () => this.step - 1),
      this.playButton,
      button("forward", () => this.step + 1),
      button("last", () => this.length - 1),
      this.count,
      element("label", { class: "speed" }, text("speed"), this.speed),
    );
    this.tell();
  }

  /** @param {number} length of the walk @param {number} step where to stand */
  set(length, step) {
    this.length = Math.max(length, 1);
    this.step = Math.min(Math.max(step, 0), this.length - 1);
    this.tell();
  }

  /** Go to a step by hand; playing stops. @param {number} step */
  jump(step) {
    this.stop();
    this.go(step);
  }

  toggle() {
    if (this.timer) return this.stop();
    if (this.step === this.length - 1) this.go(0);
    this.wait();
    this.tell();
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.tell();
  }

  wait() {
    const share = this.speed.valueAsNumber / 100;
    this.timer = window.setTimeout(
      () => {
        if (!this.element.isConnected) return;
        this.go(this.step + 1);
        if (this.step < this.length - 1) this.wait();
        else this.stop();
      },
      SLOWEST_MS * (FASTEST_MS / SLOWEST_MS) ** share,
    );
  }

  /** @param {number} step */
  go(step) {
    const next = Math.min(Math.max(step, 0), this.length - 1);
    if (next === this.step) return;
    this.step = next;
    this.tell();
    this.onStep(next);
  }

  /**
   * Arrow keys step, Home and End jump, the space bar plays. Fields keep their own keys.
   * @param {KeyboardEvent} event
   * @param {number} columns of the output: up and down move a row
   */
  key(event, columns) {
    const target = /** @type {Element} */ (event.target);
    if (target.matches("input, select, textarea, summary") || event.ctrlKey || event.metaKey || event.altKey)
      return;
    const moves = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      Home: -this.step,
      End: this.length,
    };
    const by = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (event.key === " " && !target.matches("button, a")) this.toggle();
    else if (by === undefined) return;
    else if (
      Math.abs(by) <= 1 ||
      event.key === "Home" ||
      event.key === "End" ||
      (this.step + by >= 0 && this.step + by < this.length)
    )
      this.jump(this.step + by);
    event.preventDefault();
  }

  tell() {
    const isPlaying = this.timer !== 0;
    const name = this.text(isPlaying ? "pause" : "play");
    this.playButton.replaceChildren(symbol(isPlaying ? "pause" : "play"));
    this.playButton.setAttribute("aria-label", name);
    this.playButton.title = name;
    this.count.textContent = `${this.step + 1} / ${this.length}`;
  }
}

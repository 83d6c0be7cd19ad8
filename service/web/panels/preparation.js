/** @file What was done to the drawing before the network saw it, and a switch that leaves it out. */

import { written } from "../arithmetic/numerals.js";
import { tick } from "../parts/controls.js";
import { serviceWords } from "../parts/service-words.js";
import { element, put } from "../parts/element.js";

export class PreparationView {
  /**
   * @param {{text: import("../strings.js").Text, isOn: boolean, onSwitch: (isOn: boolean) => void}} options
   */
  constructor({ text, isOn, onSwitch }) {
    this.text = text;
    this.steps = element("ol", { class: "steps" });
    this.element = element(
      "section",
      { class: "preparation", "aria-label": text("preparation") },
      tick({ name: text("prepare"), value: isOn, onChange: onSwitch }),
      this.steps,
    );
  }

  /** @param {import("../service.js").Steps | null} steps null when it was left out, or there is nothing yet */
  show(steps, isOn = true) {
    const { text } = this;
    if (!isOn) return put(this.steps, element("li", {}, text("unprepared")));
    if (!steps?.ink) return put(this.steps);
    put(
      this.steps,
      [
        text(`step_${steps.ink}`, { looks: written(steps.looks) }),
        ...(steps.box || steps.ink === "framed"
          ? [text(steps.inverted ? "step_inverted" : "step_polarity_kept")]
          : []),
        ...(steps.box ? this.framed(steps, steps.box) : []),
        ...steps.warnings.map((warning) => `⚠ ${serviceWords(warning, text)}`),
      ].map((words) => element("li", {}, words)),
    );
  }

  /** @param {import("../service.js").Steps} steps @param {number[]} box */
  framed(steps, [top, left, height, width]) {
    const { text } = this;
    const [down, right] = steps.shift;
    return [
      text("step_box", { height, width, top, left }),
      text("step_scale", { scale: written(steps.scale, 3) }),
      this.moved(down, right),
    ];
  }

  /** @param {number} down @param {number} right pixels; negative ones go the other way */
  moved(down, right) {
    const { text } = this;
    const ways = [
      down ? text(down < 0 ? "way_up" : "way_down", { count: written(Math.abs(down)) }) : "",
      right ? text(right < 0 ? "way_left" : "way_right", { count: written(Math.abs(right)) }) : "",
    ].filter(Boolean);
    return ways.length ? text("step_shift", { ways: ways.join(", ") }) : text("step_no_shift");
  }
}

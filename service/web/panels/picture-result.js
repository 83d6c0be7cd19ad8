/** @file What a kernel makes of a picture: signed numbers on one scale, each to be read. */

import { magnitude } from "../arithmetic/colour-scale.js";
import { written } from "../arithmetic/numerals.js";
import { element, put } from "../parts/element.js";
import { legend } from "../parts/legend.js";
import { MatrixCanvas } from "../parts/matrix-canvas.js";

const CHANNELS = /** @type {const} */ (["red", "green", "blue"]);
const CELL_REM = 0.15;

export class PictureResult {
  /** @param {import("../strings.js").Text} text */
  constructor(text) {
    this.text = text;
    this.element = element("div", { class: "result-maps" });
    this.readout = element("p", { class: "readout", role: "status" }, text("point_at_a_pixel"));
    this.scale = legend({ low: "", high: "", label: text("scale") });
  }

  /**
   * @param {Float32Array} numbers
   * @param {number[]} shape (height, width), or channels before them
   * @param {{isGrey: boolean}} how
   * @returns {number} CSS pixels that a pixel of a single map would have
   */
  show(numbers, shape, { isGrey }) {
    const [height, width] = shape.slice(-2);
    // A canvas is sent in colour; a grey one has three channels that are the same.
    const channels = isGrey ? 1 : numbers.length / (height * width);
    const maps = Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: height }, (__, row) => {
        const start = (channel * height + row) * width;
        return numbers.subarray(start, start + width);
      }),
    );
    const limit = magnitude(numbers);
    const across = channels > 1 ? 2 : 1;
    const canvas = new MatrixCanvas({
      columns: across,
      cell: CELL_REM / across,
      attributes: { role: "img", "aria-label": this.text("picture_after") },
    });
    canvas.show(maps, limit);
    canvas.element.addEventListener("pointermove", (event) => {
      const spot = canvas.at(event);
      if (!spot) return;
      const channel = channels > 1 ? `${this.text(CHANNELS[spot.map])} · ` : "";
      const value = written(maps[spot.map][spot.row][spot.column], 2);
      this.readout.textContent = `${channel}${this.text("row_column", spot)} = ${value}`;
    });
    put(this.element, canvas.element);
    this.scale.from.textContent = written(-limit, 1);
    this.scale.to.textContent = `+${written(limit, 1)}`;
    return canvas.geometry().unit.cell * across;
  }
}

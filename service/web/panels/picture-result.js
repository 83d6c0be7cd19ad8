/** @file What a kernel makes of a picture: grey levels or colours where they stay so, else signed numbers; each to be read. */

import { magnitude } from "../arithmetic/colour-scale.js";
import { written } from "../arithmetic/numerals.js";
import { element, put } from "../parts/element.js";
import { legend } from "../parts/legend.js";
import { MatrixCanvas } from "../parts/matrix-canvas.js";

const CHANNELS = /** @type {const} */ (["red", "green", "blue"]);
const CELL_REM = 0.15;
const WHITE = 255;

export class PictureResult {
  /** @param {import("../strings.js").Text} text */
  constructor(text) {
    this.text = text;
    this.element = element("div", { class: "result-maps" });
    this.readout = element("p", { class: "readout", role: "status" });
    this.scale = element("div");
    /** @type {Float32Array[][]} */
    this.maps = [];
    /** @type {import("../parts/matrix-canvas.js").Spot | null} the pixel that is read */
    this.spot = null;
    this.tell();
  }

  /** Nothing to show, and why. @param {string} [reason] */
  clear(reason = "") {
    this.maps = [];
    put(this.element, reason ? element("p", { class: "note" }, reason) : null);
    put(this.scale);
    this.tell();
  }

  /**
   * @param {Float32Array} numbers
   * @param {number[]} shape (height, width), or channels before them
   * @param {{isGrey: boolean, kernel: number[][]}} how
   */
  show(numbers, shape, { isGrey, kernel }) {
    const [height, width] = shape.slice(-2);
    // A canvas is sent in colour; a grey one has three channels that are the same.
    const channels = isGrey ? 1 : numbers.length / (height * width);
    this.maps = Array.from({ length: channels }, (_, channel) =>
      Array.from({ length: height }, (__, row) => {
        const start = (channel * height + row) * width;
        return numbers.subarray(start, start + width);
      }),
    );
    const weights = kernel.flat();
    const brightest = WHITE * weights.reduce((sum, weight) => sum + weight, 0);
    // A kernel without a negative weight makes levels of levels: black stays black, and white the brightest.
    const isLevels = weights.every((weight) => weight >= 0) && brightest > 0;
    const limit = isLevels ? brightest * (isGrey || channels > 1 ? 1 : CHANNELS.length) : magnitude(numbers);
    const { text } = this;
    const pictures =
      channels === 1 || isLevels
        ? [this.picture(text("output"), this.maps, limit, isLevels ? (channels > 1 ? "rgb" : "grey") : "signed")]
        : this.maps.map((map, channel) => this.picture(text(CHANNELS[channel]), [map], limit, "signed", channel));
    put(this.element, pictures);
    const low = isLevels ? "0" : written(-limit, 1);
    const high = `${isLevels ? "" : "+"}${written(limit, 1)}`;
    put(
      this.scale,
      legend({ low, high, label: text(isLevels ? "scale_grey" : "scale"), tones: isLevels ? "grey" : "signed" }),
    );
    this.tell();
  }

  /**
   * @param {string} title
   * @param {Float32Array[][]} maps
   * @param {number} limit
   * @param {import("../parts/matrix-canvas.js").Tones} tones
   * @param {number} channel
   */
  picture(title, maps, limit, tones, channel = 0) {
    const canvas = new MatrixCanvas({
      columns: 1,
      cell: CELL_REM,
      gap: 0,
      tones,
      attributes: { role: "img", "aria-label": `${this.text("picture_after")}: ${title}` },
    });
    canvas.show(maps, limit);
    canvas.element.style.width = `calc(${maps[0][0].length} * var(--pixel))`;
    canvas.element.addEventListener("pointermove", (event) => {
      const spot = canvas.at(event);
      if (spot) this.spot = { ...spot, map: channel };
      this.tell();
    });
    return element("figure", {}, element("figcaption", {}, element("b", {}, title)), canvas.element);
  }

  /** The numbers of the pixel that was pointed at last. */
  tell() {
    const { text, maps, spot } = this;
    const read = (/** @type {number} */ channel) =>
      spot ? written(maps[channel]?.[spot.row]?.[spot.column] ?? NaN, 2) : "";
    const isThere = spot && maps[0]?.[spot.row]?.[spot.column] !== undefined;
    if (!isThere) return (this.readout.textContent = maps.length ? text("point_at_a_pixel") : "");
    const values =
      maps.length === 1
        ? read(0)
        : maps.map((_, channel) => `${text(CHANNELS[channel]).toLowerCase()} ${read(channel)}`).join(", ");
    return (this.readout.textContent = `${text("row_column", spot)} = ${values}`);
  }
}

/** @file Every layer's maps of one network, side by side; cells to point at, to pin and to walk between. */

import { counted, written } from "../arithmetic/numerals.js";
import { sights } from "../arithmetic/receptive-field.js";
import { seenOutlines, sightChain } from "../arithmetic/sight-chain.js";
import { drawnShape, mapSize, mapsOf, vectorWidth } from "../arithmetic/vector-layout.js";
import { element } from "../parts/element.js";
import { MatrixCanvas } from "../parts/matrix-canvas.js";
import { fade } from "../parts/scroller.js";
import { NetworkHeading } from "./network-heading.js";

/** @typedef {import("../parts/matrix-canvas.js").Spot} Spot */
/** @typedef {{layer: number, spot: Spot}} Pin layer 0 is the input */

const LONG_NAME = 12;

/** How the maps of a layer are laid out, by their number and side: maps side by side, cell in rem. */
function layout(/** @type {number[]} */ shape) {
  const [side, , maps] = shape;
  if (shape.length === 1)
    return side > 500 ? { columns: 1, cell: 0.125 } : { columns: 1, cell: side > 10 ? 0.5 : 1 };
  if (maps === 1) return { columns: 1, cell: 0.1875 };
  if (maps <= 8) return { columns: 2, cell: side > 20 ? 0.125 : 0.1875 };
  if (maps <= 16) return { columns: 4, cell: side > 5 ? 0.25 : 0.3125 };
  return { columns: 8, cell: side > 1 ? 0.125 : 0.5, gap: 0.125 };
}

export class NetworkView {
  /**
   * @param {object} options
   * @param {import("../strings.js").Text} options.text
   * @param {{name: string, version: string, parameters: number, temperature: number | null, input_shape: [number, number, number], layers: import("../service.js").Layer[]}} options.network
   * @param {boolean} options.isFirst whether it answers where no network is named
   * @param {(pin: Pin | null) => void} options.onPoint
   * @param {(pin: Pin | null) => void} options.onPin
   */
  constructor({ text, network, isFirst, onPoint, onPin }) {
    this.text = text;
    this.name = network.name;
    this.temperature = network.temperature;
    this.onPoint = onPoint;
    this.onPin = onPin;
    const [height, width] = network.input_shape;
    /** @type {[number, number]} */
    this.size = [height, width];
    const input = { ...network.layers[0], name: "input", type: "", output_shape: network.input_shape };
    const shapes = [network.input_shape, ...network.layers.map((layer) => layer.output_shape)];
    /** @type {import("../service.js").Layer[]} with the shapes in which they are drawn */
    this.layers = [input, ...network.layers].map((layer, index) => ({
      ...layer,
      output_shape: drawnShape(shapes[index]),
    }));
    this.sights = sights(this.layers.slice(1), this.layers[0].output_shape);
    /** @type {import("../service.js").LayerMaps[]} */
    this.values = [];
    /** @type {Pin | null} */
    this.pinned = null;
    this.canvases = this.layers.map((layer, index) => this.canvas(layer, index));
    this.fault = element("p", { class: "notice is-fault", role: "alert", hidden: true });
    this.readout = element("p", { class: "readout", role: "status" }, text("point_at_a_cell"));
    this.heading = new NetworkHeading({ text, network, isFirst });
    const figures = this.layers.map((layer, index) =>
      element(
        "figure",
        { class: "layer", "data-layer": layer.name },
        element(
          "figcaption",
          {},
          element("b", {}, index ? breakable(layer.name) : text("input")),
          element("span", {}, shapes[index].join("×")),
          element(
            "span",
            {},
            index && layer.parameters
              ? text("parameters", { count: counted(layer.parameters) })
              : "\u00a0",
          ),
        ),
        strip(
          this.canvases[index].element,
          layer.output_shape[0] === 10 && layer.output_shape.length === 1 ? digitNames() : null,
        ),
      ),
    );
    this.element = element(
      "section",
      { class: "network", "aria-label": network.name },
      this.heading.element,
      this.fault,
      element("div", { class: "flow" }, figures),
      this.readout,
    );
    this.clear();
  }

  /** Say why the layers cannot be shown; "" when they can. @param {string} reason */
  fail(reason) {
    this.fault.hidden = !reason;
    this.fault.textContent = reason;
    if (reason) this.clear();
  }

  /** Nothing to look at yet: neutral maps keep every layer in its place. */
  clear() {
    this.values = [];
    this.canvases.forEach((canvas, index) => {
      const { output_shape: shape } = this.layers[index];
      const [height, width] = mapSize(shape);
      const map = Array.from({ length: height }, () => new Float32Array(width));
      canvas.show(
        Array.from({ length: shape[2] ?? 1 }, () => map),
        1,
      );
    });
    this.heading.show(null);
    this.mark(null);
    this.tell(null);
  }

  /** @param {import("../service.js").Layer} layer @param {number} index */
  canvas(layer, index) {
    const view = new MatrixCanvas({
      ...layout(layer.output_shape),
      tones: index ? "signed" : "grey",
      grows: true,
      attributes: {
        tabindex: 0,
        role: "application",
        "aria-roledescription": this.text("map_role"),
        "aria-label": `${index ? layer.name : this.text("input")}, ${layer.output_shape.join(" × ")}. ${this.text("map_keys")}`,
        onpointermove: (/** @type {PointerEvent} */ event) =>
          event.pointerType !== "touch" && this.point(index, view.at(event)),
        onpointerleave: () => this.point(index, null),
        onclick: (/** @type {PointerEvent} */ event) => this.pick(index, view.at(event)),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.walk(index, event),
      },
    });
    return view;
  }

  /**
   * @param {import("../service.js").LayerMaps[]} values of every layer
   * @param {number[][]} input the prepared image, 0 to 255
   * @param {import("../service.js").Prediction} prediction
   */
  show(values, input, prediction) {
    this.heading.show(prediction);
    this.values = values;
    this.input = input;
    this.canvases[0].show([input], 255);
    values.forEach((layer, index) => this.canvases[index + 1].show(mapsOf(layer)));
    if (this.pinned && this.valueAt(this.pinned) === null) this.pinned = null;
    this.mark(this.pinned);
    this.tell(this.pinned);
  }

  /** @param {Pin} pin */
  valueAt({ layer, spot }) {
    if (!this.values.length || layer >= this.layers.length) return null;
    const maps = layer ? mapsOf(this.values[layer - 1]) : [this.input ?? []];
    return maps[spot.map]?.[spot.row]?.[spot.column] ?? null;
  }

  /** @param {number} layer @param {Spot | null} spot */
  point(layer, spot) {
    const pin = spot && this.values.length ? { layer, spot } : this.pinned;
    this.mark(pin);
    this.tell(pin);
    this.onPoint(pin);
  }

  /** @param {number} layer @param {Spot | null} spot */
  pick(layer, spot) {
    if (spot) this.pin({ layer, spot });
  }

  /** @param {Pin | null} pin */
  pin(pin) {
    this.pinned = pin && this.valueAt(pin) === null && this.values.length ? null : pin;
    this.mark(this.pinned);
    this.tell(this.pinned);
    this.onPin(this.pinned);
  }

  /** Let go of the pinned cell, for one of another network. */
  release() {
    this.pinned = null;
    this.mark(null);
    this.tell(null);
  }

  /**
   * Arrow keys move a pinned cell, across to the next map; Page Up and Down change the map; Escape lets go.
   * A cell can be pinned before its value is there.
   */
  walk(/** @type {number} */ layer, /** @type {KeyboardEvent} */ event) {
    if (this.move(layer, event.key)) event.preventDefault();
  }

  /** Do what a key does. @param {number} layer @param {string} key @returns {boolean} whether it does anything */
  move(layer, key) {
    const { output_shape: shape } = this.layers[layer];
    const [height, width] = mapSize(shape);
    const maps = shape[2] ?? 1;
    const at =
      this.pinned?.layer === layer
        ? this.pinned.spot
        : { map: 0, row: height >> 1, column: (width >> 1) - 1 };
    const moved = {
      ArrowRight: { column: at.column + 1 },
      ArrowLeft: { column: at.column - 1 },
      ArrowDown: { row: at.row + 1 },
      ArrowUp: { row: at.row - 1 },
      PageDown: { map: at.map + 1 },
      PageUp: { map: at.map - 1 },
      Enter: {},
    }[key];
    if (key === "Escape") this.pin(null);
    else if (!moved) return false;
    else {
      const spot = { ...at, ...moved };
      spot.row = Math.min(Math.max(spot.row, 0), height - 1);
      spot.column = Math.min(Math.max(spot.column, 0), width - 1);
      spot.map = (spot.map + maps) % maps;
      if (shape.length > 1 || spot.row * width + spot.column < shape[0]) this.pin({ layer, spot });
    }
    return true;
  }

  /** The window of a cell in each earlier layer, down to the input. @param {Pin} pin */
  chain(pin) {
    return sightChain(pin, this.layers, this.sights);
  }

  /** @param {Pin | null} pin */
  mark(pin) {
    const outlines = pin && this.values.length ? seenOutlines(pin, this.layers, this.sights) : null;
    this.canvases.forEach((canvas, index) => canvas.mark(outlines?.[index] ?? []));
  }

  /** @param {Pin | null} pin */
  tell(pin) {
    const value = pin && this.valueAt(pin);
    const words =
      pin && value !== null ? `${this.nameOf(pin)} = ${written(value, 4)}` : this.text("point_at_a_cell");
    if (this.readout.textContent !== words) this.readout.textContent = words;
  }

  /** @param {Pin} pin */
  nameOf({ layer, spot }) {
    const { name, output_shape: shape } = this.layers[layer];
    const title = layer ? name : this.text("input");
    if (shape.length === 1)
      return `${title} · ${this.text("unit", { unit: spot.row * vectorWidth(shape[0]) + spot.column })}`;
    const place = this.text("row_column", { row: spot.row, column: spot.column });
    return shape[2] > 1
      ? `${title} · ${this.text("map_number", { map: spot.map })} · ${place}`
      : `${title} · ${place}`;
  }
}

/** A long name goes on in the next line after its first word. @param {string} name */
function breakable(name) {
  const [first, ...others] = name.split("_");
  return name.length > LONG_NAME && others.length ? [`${first}_`, element("wbr"), others.join("_")] : [name];
}

/** @param {...(HTMLElement | null)} children */
function strip(...children) {
  const maps = element("div", { class: "maps" }, children);
  fade(maps);
  return maps;
}

function digitNames() {
  return element(
    "ol",
    { class: "digit-names", "aria-hidden": "true" },
    Array.from({ length: 10 }, (_, digit) => element("li", {}, digit)),
  );
}

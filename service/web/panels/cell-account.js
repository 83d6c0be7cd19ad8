/** @file How a cell of a served network came about, by the kind of its layer. */

import {
  convolutionCell,
  denseCell,
  denseSums,
  distanceCell,
  poolingCell,
  scaledCell,
  shareCell,
  subsamplingCell,
} from "../arithmetic/layer-cell.js";
import { mapsOf, vectorWidth } from "../arithmetic/vector-layout.js";
import { weights } from "../service.js";

/** @typedef {import("../arithmetic/layer-cell.js").Account} Account */
/** @typedef {{key: "flatten_cell" | "padding_cell" | "padding_input" | "padding_margin", values?: Record<string, string>}} Words */

/**
 * @param {import("./network.js").NetworkView} view
 * @param {import("./network.js").Pin} pin
 * @param {number} value
 * @returns {Promise<Account | Words | null>} null where it is not known
 */
export async function cellAccount(view, { layer: index, spot }, value) {
  const layer = view.layers[index];
  const before = index > 1 ? view.values[index - 2] : null;
  const maps = before ? mapsOf(before) : [(view.input ?? []).map((row) => row.map((pixel) => pixel / 255))];
  const tell = ACCOUNTS[layer.type];
  const [link] = view.chain({ layer: index, spot });
  const hasWeights = Object.keys(layer.weights ?? {}).length > 0;
  const learnt = tell && link && hasWeights ? await weights(view.name, layer.name) : null;
  return tell?.({ layer, spot, value, maps, region: link?.region, learnt, before, view, index }) ?? null;
}

/**
 * @typedef {object} Cell
 * @property {import("../service.js").Layer} layer
 * @property {import("../parts/matrix-canvas.js").Spot} spot
 * @property {number} value
 * @property {number[][][]} maps of the layer before
 * @property {import("../arithmetic/receptive-field.js").Region | undefined} region that it sees; none when unknown
 * @property {import("../service.js").Learnt | null} learnt
 * @property {import("../service.js").LayerMaps | null} before
 * @property {import("./network.js").NetworkView} view
 * @property {number} index of the layer
 */

/**
 * How each type of layer computes, an operation each; null where the card does not tell enough.
 * @type {Record<string, ((cell: Cell) => Account | Words | null) | undefined>}
 */
const ACCOUNTS = {
  Conv2D: ({ layer, spot, value, maps, region, learnt }) => {
    const kernel = learnt?.kernels[spot.map];
    const connections = layer.connections?.[spot.map];
    if (!region || learnt?.axes.join() !== "filters,channels,height,width" || kernel.length !== maps.length)
      return null;
    const bias = learnt.biases[spot.map] ?? 0;
    return convolutionCell({
      before: maps,
      kernel,
      connections,
      bias,
      region,
      value,
      activation: layer.activation,
    });
  },
  AveragePooling2D: ({ spot, value, maps, region }) =>
    region ? poolingCell("mean", { before: maps[spot.map], region, channel: spot.map, value }) : null,
  MaxPooling2D: ({ spot, value, maps, region }) =>
    region ? poolingCell("maximum", { before: maps[spot.map], region, channel: spot.map, value }) : null,
  Subsampling2D: ({ layer, spot, value, maps, region, learnt }) => {
    const coefficient = learnt?.weights.coefficient?.values[spot.map];
    if (!region || coefficient === undefined) return null;
    return subsamplingCell({
      before: maps[spot.map],
      region,
      channel: spot.map,
      coefficient,
      bias: learnt?.biases[spot.map] ?? 0,
      value,
      activation: layer.activation,
    });
  },
  Normalisation: ({ spot, value, maps, region, learnt }) => {
    const of = (/** @type {string} */ name) => {
      const values = learnt?.weights[name]?.values ?? [];
      return values[values.length > 1 ? spot.map : 0];
    };
    const [scale, offset] = [of("scale"), of("offset")];
    if (!region || scale === undefined || offset === undefined) return null;
    return scaledCell({ input: maps[spot.map][region.top][region.left], scale, offset, value });
  },
  ZeroPadding2D: ({ spot, maps, region, view, index }) => {
    if (!region) return null;
    const { top: row, left: column } = region;
    if (maps[spot.map]?.[row]?.[column] === undefined) return { key: "padding_margin" };
    const place = view.nameOf({ layer: index - 1, spot: { map: spot.map, row, column } });
    return { key: index > 1 ? "padding_cell" : "padding_input", values: { place } };
  },
  Flatten: ({ region }) => (region ? { key: "flatten_cell" } : null),
  Dense: ({ layer, spot, value, region, learnt, before, view, index }) => {
    const unit = unitOf(spot, layer);
    const inputs = before?.vector ?? [];
    if (!region || learnt?.axes.join() !== "inputs,units" || learnt.kernels.length !== inputs.length)
      return null;
    const flat = view.layers[index - 1].type === "Flatten" ? view.layers[index - 2] : null;
    const account = denseCell({
      before: inputs,
      kernel: learnt.kernels.map((/** @type {number[]} */ row) => row[unit]),
      bias: learnt.biases[unit] ?? 0,
      value,
      activation: layer.activation,
      maps: flat && isMaps(flat.output_shape) ? flat.output_shape : null,
    });
    const isShare = layer.activation === "softmax";
    return isShare ? { ...account, unit, logits: denseSums(inputs, learnt.kernels, learnt.biases) } : account;
  },
  Softmax: ({ layer, spot, value, region, before }) =>
    region && before?.vector
      ? shareCell({ logits: before.vector, unit: unitOf(spot, layer), value })
      : null,
  RBF: ({ layer, spot, value, region, learnt, before }) => {
    const bitmap = learnt?.weights.bitmap?.values[unitOf(spot, layer)];
    if (!region || !before?.vector || bitmap?.length !== before.vector.length) return null;
    const laid = (/** @type {number[]} */ vector) => mapsOf({ vector })[0];
    return distanceCell({ before: laid(before.vector), bitmap: laid(bitmap), value });
  },
  Softmin: ({ layer, spot, value, region, before, view: { temperature } }) => {
    if (!region || !before?.vector || !temperature) return null;
    const unit = unitOf(spot, layer);
    const logits = before.vector.map((distance) => -distance / temperature);
    return { ...shareCell({ logits, unit, value }), distance: { distance: before.vector[unit], temperature } };
  },
};

/** Whether there are maps to lay a vector's inputs out as. @param {number[]} shape */
function isMaps(shape) {
  return shape.length === 3 && shape[0] * shape[1] > 1;
}

/** @param {import("../parts/matrix-canvas.js").Spot} spot @param {import("../service.js").Layer} layer */
function unitOf(spot, { output_shape: shape }) {
  return spot.row * vectorWidth(shape[0]) + spot.column;
}

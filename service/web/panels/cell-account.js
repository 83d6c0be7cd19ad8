/** @file How a cell of a served network came about, by the kind of its layer. */

import { convolutionCell, denseCell, denseSums, poolingCell, shareCell } from "../arithmetic/layer-cell.js";
import { mapsOf, vectorWidth } from "../arithmetic/vector-layout.js";
import { weights } from "../service.js";

/** @typedef {import("../arithmetic/layer-cell.js").Account} Account */

/**
 * @param {import("./network.js").NetworkView} view
 * @param {import("./network.js").Pin} pin
 * @param {number} value
 * @returns {Promise<Account | "flatten_cell" | null>} null where it is not known
 */
export async function cellAccount(view, { layer: index, spot }, value) {
  const layer = view.layers[index];
  const before = index > 1 ? view.values[index - 2] : null;
  const maps = before ? mapsOf(before) : [(view.input ?? []).map((row) => row.map((pixel) => pixel / 255))];
  const tell = ACCOUNTS[layer.type];
  const [link] = view.chain({ layer: index, spot });
  const learnt = tell && link && layer.parameters ? await weights(view.name, layer.name) : null;
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
 * @type {Record<string, ((cell: Cell) => Account | "flatten_cell" | null) | undefined>}
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
  Flatten: ({ region }) => (region ? "flatten_cell" : null),
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
      maps: flat?.output_shape.length === 3 ? flat.output_shape : null,
    });
    const isShare = layer.activation === "softmax";
    return isShare ? { ...account, unit, logits: denseSums(inputs, learnt.kernels, learnt.biases) } : account;
  },
  Softmax: ({ layer, spot, value, region, before }) =>
    region && before?.vector
      ? shareCell({ logits: before.vector, unit: unitOf(spot, layer), value })
      : null,
};

/** @param {import("../parts/matrix-canvas.js").Spot} spot @param {import("../service.js").Layer} layer */
function unitOf(spot, { output_shape: shape }) {
  return spot.row * vectorWidth(shape[0]) + spot.column;
}

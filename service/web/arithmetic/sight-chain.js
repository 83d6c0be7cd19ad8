/** @file What a cell sees in every earlier layer, down to the input or to a layer of a kind that is not known. */

import { clip, seen } from "./receptive-field.js";
import { mapSize, vectorWidth } from "./vector-layout.js";

const MAP_BY_MAP = [
  "AveragePooling2D",
  "MaxPooling2D",
  "Subsampling2D",
  "ZeroPadding2D",
  "Normalisation",
];

/** @typedef {{type: string, output_shape: number[], connections?: number[][] | null}} Sighted */
/** @typedef {{layer: number, region: import("./receptive-field.js").Region, maps: number[] | null}} Link `maps` is null for all */

/**
 * @param {object} cell
 * @param {number} cell.layer 0 is the input
 * @param {{map: number, row: number, column: number}} cell.spot
 * @param {Sighted[]} layers the input first
 * @param {(import("./receptive-field.js").Sight | null)[]} sights of all but the input
 * @returns {Link[]} from the layer before as far as is known; only the first may reach beyond its layer
 */
export function sightChain({ layer, spot }, layers, sights) {
  /** @type {Link[]} */
  const links = [];
  let region = { top: spot.row, left: spot.column, bottom: spot.row, right: spot.column };
  /** @type {number[] | null} */
  let maps = [spot.map];
  for (let index = layer; index > 0; index -= 1) {
    const { type, output_shape: shape, connections } = layers[index];
    const sight = sights[index - 1];
    if (!sight) break;
    const before = layers[index - 1].output_shape;
    const size = mapSize(before);
    if (type === "Flatten") {
      const isWhole = index !== layer || before.length !== 3;
      const [, width, channels] = before;
      const place = spot.row * vectorWidth(shape[0]) + spot.column;
      const pixel = Math.floor(place / channels);
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      maps = isWhole ? null : [place % channels];
      region = isWhole
        ? { top: 0, left: 0, bottom: size[0] - 1, right: size[1] - 1 }
        : { top: row, left: column, bottom: row, right: column };
    } else {
      if (!MAP_BY_MAP.includes(type)) maps = connected(maps, connections);
      region = seen(region, sight, size);
      if (index < layer) region = clip(region, size);
    }
    links.push({ layer: index - 1, region, maps });
  }
  return links;
}

/**
 * The maps of the layer before that any of these maps sees; null for all.
 * @param {number[] | null} maps
 * @param {number[][] | null} [connections] of each map, as on the card
 */
function connected(maps, connections) {
  if (!maps || !connections) return null;
  return [...new Set(maps.flatMap((map) => connections[map]))].sort((one, other) => one - other);
}

/**
 * A cell and what it sees, as outlines on the maps of each layer.
 * @param {{layer: number, spot: {map: number, row: number, column: number}}} cell
 * @param {Sighted[]} layers
 * @param {(import("./receptive-field.js").Sight | null)[]} sights
 * @returns {{map: number, top: number, left: number, bottom: number, right: number, strong: boolean}[][]} by layer
 */
export function seenOutlines(cell, layers, sights) {
  const { row, column, map } = cell.spot;
  /** @type {ReturnType<typeof seenOutlines>} */
  const outlines = layers.map(() => []);
  outlines[cell.layer].push({ map, top: row, left: column, bottom: row, right: column, strong: true });
  for (const { layer, region, maps } of sightChain(cell, layers, sights)) {
    const shape = layers[layer].output_shape;
    const inside = clip(region, mapSize(shape));
    const all = Array.from({ length: shape[2] ?? 1 }, (_, index) => index);
    for (const index of maps ?? all) {
      if (index < all.length)
        outlines[layer].push({ map: index, ...inside, strong: layer === cell.layer - 1 });
    }
  }
  return outlines;
}

/** @file The table of connections of a convolution: which maps each of its kernels sees, for as long as its sizes fit. */

/** @typedef {import("./layer-list.js").Layer} Layer */
/** @typedef {Extract<Layer, {type: "Conv2D"}>} Conv2D */

/**
 * Layers with each table where it fits, and without it where it does not; `table` remembers it.
 * @param {Layer[]} layers
 * @returns {Layer[]}
 */
export function fitTables(layers) {
  return layers.map((layer, at) => {
    if (layer.type !== "Conv2D") return layer;
    const { connections, ...bare } = layer;
    const table = layer.table ?? connections;
    if (!table) return layer;
    const isFit = table.length === layer.filters && widthOf(table) <= mapsBefore(layers, at);
    return { ...bare, table, ...(isFit ? { connections: table } : {}) };
  });
}

/** Layers as `POST /architecture` takes them. @param {Layer[]} layers */
export function withoutMemory(layers) {
  return layers.map((layer) => {
    if (layer.type !== "Conv2D") return layer;
    const { table: _, ...told } = layer;
    return told;
  });
}

/** Maps of the layer before that a table wants at least. @param {number[][]} table */
export function widthOf(table) {
  return 1 + Math.max(...table.flat());
}

/** Maps of the layer before; 0 for a vector. @param {Layer[]} layers @param {number} at */
export function mapsBefore(layers, at) {
  for (const layer of layers.slice(0, at).reverse()) {
    if (layer.type === "Conv2D") return layer.filters;
    if (layer.type === "Input") return layer.shape[2] ?? 1;
    if (!("pool_size" in layer)) return 0;
  }
  return 0;
}

/** @file The functions that a neuron passes its sum through. */

/** @type {Record<string, (u: number) => number>} */
export const ACTIVATIONS = {
  identity: (u) => u,
  relu: (u) => Math.max(0, u),
  leaky_relu: (u) => (u < 0 ? 0.01 * u : u),
  tanh: Math.tanh,
  lenet_tanh: (u) => 1.7159 * Math.tanh((2 / 3) * u),
  sigmoid: (u) => 1 / (1 + Math.exp(-u)),
  softplus: (u) => Math.log1p(Math.exp(-Math.abs(u))) + Math.max(u, 0),
};

/**
 * The activation that makes `v` of `u`, by trial: the layer table does not name it.
 * @param {number} u
 * @param {number} v
 * @returns {string | null}
 */
export function activationBetween(u, v) {
  const tolerance = 1e-3 * Math.max(1, Math.abs(u));
  const order = u < 0 ? ["relu", "tanh", "lenet_tanh", "identity"] : ["relu", "tanh", "lenet_tanh"];
  return order.find((name) => Math.abs(ACTIVATIONS[name](u) - v) <= tolerance) ?? null;
}

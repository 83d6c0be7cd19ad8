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

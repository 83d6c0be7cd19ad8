/** @file The one module that speaks HTTP: the service's public API. */

import { readFloats } from "./arithmetic/npy.js";

/** An answer that is an error; the message is the service's own. */
export class ServiceError extends Error {
  /** @param {{type?: string, title?: string, detail?: string, status?: number, errors?: {pointer: string, detail: string}[]}} problem */
  constructor(problem) {
    const details = problem.errors?.map((fault) => fault.detail).join("; ");
    super(details || problem.detail || problem.title);
    this.status = problem.status ?? 0;
    /** Of the problem, as `/problems` has it. */
    this.kind = problem.type?.split("/").pop() ?? "";
    /** Faults of single fields, each by its JSON pointer. */
    this.errors = problem.errors ?? [];
  }

  /** Whether the same request may succeed later. */
  get isPassing() {
    return !this.status || this.status === 429 || this.status >= 500;
  }
}

/**
 * @typedef {{digit: number | null, confidence: number, is_digit: boolean, probabilities: number[], reason?: string,
 *   prepared?: {image: string, steps: Steps}}} Prediction
 * @typedef {{ink: "framed" | "levels" | "levelled" | "network" | null, looks: number, inverted: boolean, box: number[] | null,
 *   scale: number, shift: number[], warnings: string[]}} Steps
 * @typedef {{name: string, type: string, output_shape: number[], parameters: number, kernel_size: [number, number] | null,
 *   strides: [number, number] | null, dilations: [number, number] | null, padding: string | null,
 *   margins: [[number, number], [number, number]] | null, activation: string | null, connections: number[][] | null,
 *   inputs: string[] | null, weights: Record<string, string[]> | null}} Layer
 * @typedef {{kernels: any, biases: number[], axes: string[], shape: number[], weights: Record<string, {values: any[]}>}} Learnt
 * @typedef {{name: string, type: string, shape: number[], min: number, max: number, maps?: number[][][], vector?: number[]}} LayerMaps
 * @typedef {{name: string, matrix: number[][], sum: number, kind: string, purpose: string, source: string}} Preset
 * @typedef {{body: BodyInit, type: string | null}} Picture
 */

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [json]
 * @returns {Promise<any>}
 */
export async function send(method, path, json) {
  const isBare = json === undefined;
  const answer = await ask(path, {
    method,
    body: isBare ? undefined : JSON.stringify(json),
    type: isBare ? null : "application/json",
  });
  return answer.json();
}

/** @type {Map<string, Promise<any>>} */
const KEPT = new Map();

/** What does not change while the page is open. @param {string} path */
function kept(path) {
  const known = KEPT.get(path);
  if (known) return known;
  const asked = send("GET", path);
  KEPT.set(path, asked);
  asked.catch(() => KEPT.delete(path));
  return asked;
}

/** @returns {Promise<{default: string | null, limits: Record<string, number>, models: {name: string, version: string, role: string, parameters: number}[]}>} */
export const models = () => kept("/models");
/** The models that read digits. */
export const recognisers = async () => (await models()).models.filter((one) => one.role === "recogniser");
/** @param {string} name @returns {Promise<{name: string, layers: Layer[], input_shape: [number, number, number], parameters: number, temperature: number | null, network?: string | null, recipe: string, evaluation: any, provider: string,
 *   training?: {seed: number | null} | null, seeds?: {seed: number, validation_errors: number, test_errors: number}[] | null}>} */
export const model = (name) => kept(`/models/${encodeURIComponent(name)}`);
/** @returns {Promise<{kernels: Preset[]}>} */
export const presets = () => kept("/kernels");
/** @param {string} name @param {string} layer @returns {Promise<Learnt>} */
export const weights = (name, layer) =>
  kept(`/models/${encodeURIComponent(name)}/layers/${encodeURIComponent(layer)}/kernels`);

/**
 * @param {Picture} picture
 * @param {{preprocess: string, model?: string, include?: "prepared"}} how by the default model where none is named
 * @returns {Promise<Prediction>}
 */
export async function predict(picture, how) {
  const answer = await ask(`/predict?${new URLSearchParams(how)}`, { method: "POST", ...picture });
  return (await answer.json()).predictions[0];
}

/**
 * @param {Picture} picture
 * @param {{model: string, preprocess: string}} how
 * @returns {Promise<LayerMaps[]>}
 */
export async function featureMaps(picture, how) {
  const answer = await ask(`/feature-maps?${new URLSearchParams(how)}`, { method: "POST", ...picture });
  return (await answer.json()).images[0].layers;
}

/**
 * Convolve a picture.
 * @param {Blob} image
 * @param {object} parameters as `POST /convolve` takes them
 */
export async function convolvePicture(image, parameters) {
  const form = new FormData();
  form.append("image", image, "picture.png");
  form.append("parameters", new Blob([JSON.stringify(parameters)], { type: "application/json" }));
  const answer = await ask("/convolve", {
    method: "POST",
    body: form,
    type: null,
    accept: "application/x-npy",
  });
  return readFloats(await answer.arrayBuffer());
}

/**
 * Where the service has a path: pages stand at its root, which a proxy may offer below another path.
 * @param {string} path
 */
export const addressOf = (path) => new URL(path.slice(1), document.baseURI).href;

/** @param {string} path @param {{method: string, body?: BodyInit, type: string | null, accept?: string}} request */
async function ask(path, { method, body, type, accept }) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (type) headers["Content-Type"] = type;
  if (accept) headers.Accept = accept;
  let answer;
  try {
    answer = await fetch(addressOf(path), { method, body, headers });
  } catch {
    throw new ServiceError({});
  }
  if (!answer.ok) {
    const problem = await answer.json().catch(() => null);
    throw new ServiceError({ ...problem, status: answer.status });
  }
  return answer;
}

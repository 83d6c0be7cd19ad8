/** @file Which cells of earlier layers a cell looks at. */

import { resolvePadding } from "./border.js";

/**
 * @typedef {{top: number, left: number, bottom: number, right: number}} Region
 * Rows top..bottom and columns left..right, the ends included; may reach beyond the layer.
 */

/**
 * @typedef {{kernel: [number, number], stride: [number, number], before: [number, number], whole?: boolean}} Sight
 * How one layer looks at the one before; `whole` when each of its cells sees everything.
 */

/**
 * What a region of a layer sees in the layer before it.
 * @param {Region} region
 * @param {Sight} sight
 * @param {[number, number]} size of the layer before
 * @returns {Region}
 */
export function seen(region, sight, size) {
  if (sight.whole) return { top: 0, left: 0, bottom: size[0] - 1, right: size[1] - 1 };
  const [strideY, strideX] = sight.stride;
  const [beforeY, beforeX] = sight.before;
  return {
    top: region.top * strideY - beforeY,
    left: region.left * strideX - beforeX,
    bottom: region.bottom * strideY - beforeY + sight.kernel[0] - 1,
    right: region.right * strideX - beforeX + sight.kernel[1] - 1,
  };
}

/**
 * The part of a region that lies inside a layer.
 * @param {Region} region
 * @param {[number, number]} size
 * @returns {Region}
 */
export function clip(region, [height, width]) {
  return {
    top: Math.max(region.top, 0),
    left: Math.max(region.left, 0),
    bottom: Math.min(region.bottom, height - 1),
    right: Math.min(region.right, width - 1),
  };
}

/**
 * How each layer of a served network looks at the one before it, by its card; null for a layer of a kind that is
 * not known here, or one that the card describes too little.
 * @param {import("../service.js").Layer[]} layers
 * @param {number[]} input shape (height, width, channels)
 * @returns {(Sight | null)[]}
 */
export function sights(layers, input) {
  return layers.map((layer, index) => sightOf(layer, index ? layers[index - 1].output_shape : input));
}

const WINDOWED = ["Conv2D", "AveragePooling2D", "MaxPooling2D", "Subsampling2D"];
const CELL_BY_CELL = ["Flatten", "Normalisation"];
const WHOLE = ["Dense", "RBF", "Softmax", "Softmin"];

/** @param {import("../service.js").Layer} layer @param {number[]} before shape @returns {Sight | null} */
function sightOf({ type, inputs, output_shape, kernel_size, strides, dilations, padding, margins }, before) {
  if (inputs) return null;
  if (CELL_BY_CELL.includes(type)) return { kernel: [1, 1], stride: [1, 1], before: [0, 0] };
  if (type === "ZeroPadding2D" && margins)
    return { kernel: [1, 1], stride: [1, 1], before: [margins[0][0], margins[1][0]] };
  if (WHOLE.includes(type) && before.length === 1)
    return { kernel: [1, 1], stride: [1, 1], before: [0, 0], whole: true };
  const isKnown =
    WINDOWED.includes(type) && before.length === 3 && output_shape.length === 3 && kernel_size && strides;
  if (!isKnown || !["valid", "same"].includes(padding ?? "")) return null;
  if (dilations?.some((step) => step !== 1)) return null;
  const margin = (/** @type {number} */ axis) =>
    resolvePadding(/** @type {"valid" | "same"} */ (padding), {
      size: before[axis],
      kernel: kernel_size[axis],
      stride: strides[axis],
      dilation: 1,
    })[0];
  return { kernel: kernel_size, stride: strides, before: [margin(0), margin(1)] };
}

const MNIST_SIDE = 28;

/**
 * Where a region of the image that a network sees lies in the drawing, in pixels of the drawing. MNIST's frame is
 * in the middle of that image.
 * @param {Region} region
 * @param {{box: number[] | null, scale: number, shift: number[]}} steps of the preparation
 * @param {[number, number]} size of the image
 * @returns {{top: number, left: number, height: number, width: number} | null}
 */
export function inDrawing(region, { box, scale, shift }, size) {
  if (!box) return null;
  const [top, left, height, width] = box;
  const first = (/** @type {number} */ axis, /** @type {number} */ length) =>
    Math.floor((size[axis] - MNIST_SIDE) / 2) +
    Math.floor((MNIST_SIDE - Math.max(1, Math.round(length * scale))) / 2) +
    shift[axis];
  return {
    top: top + (region.top - first(0, height)) / scale,
    left: left + (region.left - first(1, width)) / scale,
    height: (region.bottom - region.top + 1) / scale,
    width: (region.right - region.left + 1) / scale,
  };
}

/**
 * The image that another network sees: MNIST's frame in the middle of a smaller or larger one.
 * @param {number[][]} image
 * @param {[number, number]} size of the other
 */
export function reframed(image, [height, width]) {
  const offset = (/** @type {number} */ from, /** @type {number} */ to) =>
    Math.floor((to - MNIST_SIDE) / 2) - Math.floor((from - MNIST_SIDE) / 2);
  const [down, across] = [offset(image.length, height), offset(image[0].length, width)];
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (__, column) => image[row - down]?.[column - across] ?? 0),
  );
}

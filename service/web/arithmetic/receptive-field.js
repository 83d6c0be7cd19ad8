/** @file Which cells of earlier layers a cell looks at. */

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
 * How each layer of a served network looks at the one before it. Padding follows from the shapes: a convolution
 * keeps its input's size (`same`) or loses the kernel's reach (`valid`); a pooling divides it.
 * @param {{name: string, type: string, output_shape: number[]}[]} layers
 * @param {number[]} input shape (height, width, channels)
 * @param {Map<string, [number, number]>} kernels height and width of each convolution's kernels, by layer name
 * @returns {Sight[]}
 */
export function sights(layers, input, kernels) {
  let [height, width] = input;
  return layers.map((layer) => {
    if (layer.output_shape.length < 3) {
      return { kernel: [1, 1], stride: [1, 1], before: [0, 0], whole: layer.type !== "Flatten" };
    }
    const [rows, columns] = layer.output_shape;
    const isPooling = layer.type.endsWith("Pooling2D");
    /** @type {[number, number]} */
    const kernel = isPooling
      ? [Math.floor(height / rows), Math.floor(width / columns)]
      : /** @type {[number, number]} */ (kernels.get(layer.name));
    /** @type {Sight} */
    const sight = {
      kernel,
      stride: isPooling ? kernel : [1, 1],
      before: isPooling
        ? [0, 0]
        : [
            Math.floor((rows + kernel[0] - 1 - height) / 2),
            Math.floor((columns + kernel[1] - 1 - width) / 2),
          ],
    };
    [height, width] = [rows, columns];
    return sight;
  });
}

/**
 * Where a region of the prepared 28x28 image lies in the drawing, in pixels of the drawing.
 * @param {Region} region
 * @param {{box: number[] | null, scale: number, shift: number[]}} steps of the preparation
 * @returns {{top: number, left: number, height: number, width: number} | null}
 */
export function inDrawing(region, { box, scale, shift }) {
  if (!box) return null;
  const [top, left, height, width] = box;
  const firstRow = Math.floor((28 - Math.max(1, Math.round(height * scale))) / 2) + shift[0];
  const firstColumn = Math.floor((28 - Math.max(1, Math.round(width * scale))) / 2) + shift[1];
  return {
    top: top + (region.top - firstRow) / scale,
    left: left + (region.left - firstColumn) / scale,
    height: (region.bottom - region.top + 1) / scale,
    width: (region.right - region.left + 1) / scale,
  };
}

/** @file A vector laid out as a matrix, so that it can be looked at and pointed at like a map. */

const BITMAP = 84;

/** Columns of the matrix; 84 units draw the 7×12 bitmaps of LeNet-5's F6. @param {number} length of the vector */
export function vectorWidth(length) {
  if (length === BITMAP) return 7;
  return length > 500 ? 30 : length > 10 ? 6 : 1;
}

/** The shape in which a layer's output is drawn, as the service sends it: maps, or all values in a line. @param {number[]} shape */
export function drawnShape(shape) {
  if (shape.length === 2) return [...shape, 1];
  return shape.length === 3 ? shape : [shape.reduce((left, right) => left * right, 1)];
}

/** Rows and columns of a layer's maps, or of its vector laid out. @param {number[]} shape @returns {[number, number]} */
export function mapSize(shape) {
  if (shape.length > 1) return [shape[0], shape[1]];
  const width = vectorWidth(shape[0]);
  return [Math.ceil(shape[0] / width), width];
}

/** The maps of a layer; a vector is one of them. @param {{maps?: number[][][], vector?: number[]}} layer */
export function mapsOf({ maps, vector }) {
  if (maps) return maps;
  const values = vector ?? [];
  const width = vectorWidth(values.length);
  return [
    Array.from({ length: Math.ceil(values.length / width) }, (_, row) =>
      values.slice(row * width, (row + 1) * width),
    ),
  ];
}

/** @file Strokes as ink on a canvas. */

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {readonly import("../arithmetic/strokes.js").Stroke[]} strokes
 * @param {{side: number, width: number, colour: string}} look side of the canvas; width as a share of it
 */
export function ink(pen, strokes, { side, width, colour }) {
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = width * side;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  for (const stroke of strokes) {
    const points = stroke.map(({ x, y }) => ({ x: x * side, y: y * side }));
    const [first, second] = points;
    pen.beginPath();
    if (!second) {
      pen.arc(first.x, first.y, (width * side) / 2, 0, 2 * Math.PI);
      pen.fill();
      continue;
    }
    pen.moveTo(first.x, first.y);
    // Through the middles, with the points as handles: no corners between samples of the pen.
    for (let index = 1; index < points.length - 1; index += 1) {
      const [here, next] = [points[index], points[index + 1]];
      pen.quadraticCurveTo(here.x, here.y, (here.x + next.x) / 2, (here.y + next.y) / 2);
    }
    const last = points[points.length - 1];
    pen.lineTo(last.x, last.y);
    pen.stroke();
  }
}

/**
 * Strokes as grey pixels, dark on light.
 * @param {readonly import("../arithmetic/strokes.js").Stroke[]} strokes
 * @param {{side: number, width: number}} look
 * @returns {Uint8Array} side x side, row by row
 */
export function rasterise(strokes, { side, width }) {
  const canvas = onPaper(strokes, { side, width });
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  return grey(pen.getImageData(0, 0, side, side).data);
}

/**
 * Strokes, black on white.
 * @param {readonly import("../arithmetic/strokes.js").Stroke[]} strokes
 * @param {{side: number, width: number}} look
 */
export function onPaper(strokes, { side, width }) {
  const canvas = new OffscreenCanvas(side, side);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  ink(/** @type {any} */ (pen), strokes, { side, width, colour: "#000" });
  return canvas;
}

/**
 * The luminance of RGBA pixels.
 * @param {Uint8ClampedArray} pixels
 */
export function grey(pixels) {
  return Uint8Array.from({ length: pixels.length / 4 }, (_, index) => {
    const at = 4 * index;
    return Math.round(0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2]);
  });
}

/**
 * The mean of every block of a square of pixels: a smaller square.
 * @param {Uint8Array} pixels
 * @param {number} side
 * @param {number} block
 */
export function shrink(pixels, side, block) {
  const small = side / block;
  const sums = new Float32Array(small * small);
  pixels.forEach((value, index) => {
    const [row, column] = [Math.floor(index / side / block), Math.floor((index % side) / block)];
    sums[row * small + column] += value;
  });
  return Uint8Array.from(sums, (sum) => Math.round(sum / block ** 2));
}

/**
 * Take the colours out of what is painted.
 * @param {CanvasRenderingContext2D} pen
 */
export function turnGrey(pen) {
  const picture = pen.getImageData(0, 0, pen.canvas.width, pen.canvas.height);
  grey(picture.data).forEach((value, index) => picture.data.fill(value, 4 * index, 4 * index + 3));
  pen.putImageData(picture, 0, 0);
}

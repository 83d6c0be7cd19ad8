/** @file What is on the paper, as the service takes it. */

import { writeBytes } from "../arithmetic/npy.js";
import { reframed } from "../arithmetic/receptive-field.js";
import { grey, rasterise, shrink } from "../parts/ink.js";

export const DRAWING_SIDE = 140;
const MNIST_SIDE = 28;

/**
 * The file as it was chosen, or the drawing as pixels; unprepared, both are only shrunk to 28x28, light on black,
 * in the middle of what the network takes.
 * @param {import("../drawing.js").Drawing} drawing
 * @param {{isPrepared: boolean, size: [number, number]}} how
 * @returns {import("../service.js").Picture}
 */
export function drawnPicture({ strokes, brush, picture }, { isPrepared, size }) {
  if (picture && isPrepared) return { body: picture.file, type: "application/octet-stream" };
  const side = DRAWING_SIDE;
  const pixels = picture ? greyOf(picture.bitmap) : rasterise(strokes, { side, width: brush / 100 });
  if (isPrepared) return { body: writeBytes(pixels, [side, side]), type: "application/x-npy" };
  const small = shrink(pixels, side, side / MNIST_SIDE).map((value) => 255 - value);
  const ready = reframed(rowsOf(small, MNIST_SIDE), size);
  return { body: writeBytes(Uint8Array.from(ready.flat()), size), type: "application/x-npy" };
}

/** The grey pixels of a picture. @param {string} address @returns {Promise<number[][]>} */
export async function readyPixels(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { naturalHeight: height, naturalWidth: width } = image;
  const pen = penOn(height, width);
  pen.drawImage(image, 0, 0);
  const pixels = grey(pen.getImageData(0, 0, width, height).data);
  return rowsOf(pixels, width);
}

/** @param {Uint8Array} pixels @param {number} width */
function rowsOf(pixels, width) {
  return Array.from({ length: pixels.length / width }, (_, row) => [
    ...pixels.subarray(row * width, (row + 1) * width),
  ]);
}

/** @param {ImageBitmap} picture */
function greyOf(picture) {
  const pen = penOn(DRAWING_SIDE, DRAWING_SIDE);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, DRAWING_SIDE, DRAWING_SIDE);
  const scale = DRAWING_SIDE / Math.max(picture.width, picture.height);
  pen.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
  return grey(pen.getImageData(0, 0, DRAWING_SIDE, DRAWING_SIDE).data);
}

/** @param {number} height @param {number} width */
function penOn(height, width) {
  const canvas = new OffscreenCanvas(width, height);
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

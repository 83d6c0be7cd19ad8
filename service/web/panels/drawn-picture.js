/** @file What is on the paper, as the service takes it. */

import { writeBytes } from "../arithmetic/npy.js";
import { grey, rasterise, shrink } from "../parts/ink.js";
import { session } from "../session.js";

export const DRAWING_SIDE = 140;
const READY_SIDE = 28;

/**
 * The file as it was chosen, or the drawing as pixels; unprepared, both are only shrunk to 28x28, light on black.
 * @param {import("./drawing-pad.js").DrawingPad} pad
 * @param {{isPrepared: boolean}} how
 * @returns {import("../service.js").Picture}
 */
export function drawnPicture(pad, { isPrepared }) {
  if (session.file && pad.picture && isPrepared) {
    return { body: session.file, type: "application/octet-stream" };
  }
  const side = DRAWING_SIDE;
  const pixels = pad.picture ? greyOf(pad.picture) : rasterise(pad.strokes, { side, width: pad.width });
  if (isPrepared) return { body: writeBytes(pixels, [side, side]), type: "application/x-npy" };
  const small = shrink(pixels, side, side / READY_SIDE).map((value) => 255 - value);
  return { body: writeBytes(small, [READY_SIDE, READY_SIDE]), type: "application/x-npy" };
}

/** The grey pixels of a 28x28 picture. @param {string} address @returns {Promise<number[][]>} */
export async function readyPixels(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const pen = penOn(READY_SIDE);
  pen.drawImage(image, 0, 0);
  const pixels = grey(pen.getImageData(0, 0, READY_SIDE, READY_SIDE).data);
  return Array.from({ length: READY_SIDE }, (_, row) => [
    ...pixels.subarray(row * READY_SIDE, (row + 1) * READY_SIDE),
  ]);
}

/** @param {ImageBitmap} picture */
function greyOf(picture) {
  const pen = penOn(DRAWING_SIDE);
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, DRAWING_SIDE, DRAWING_SIDE);
  const scale = DRAWING_SIDE / Math.max(picture.width, picture.height);
  pen.drawImage(picture, 0, 0, picture.width * scale, picture.height * scale);
  return grey(pen.getImageData(0, 0, DRAWING_SIDE, DRAWING_SIDE).data);
}

/** @param {number} side */
function penOn(side) {
  const canvas = new OffscreenCanvas(side, side);
  return /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

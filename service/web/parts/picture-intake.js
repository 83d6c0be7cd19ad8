/** @file A picture from outside: chosen as a file, dropped, or pasted; made smaller where the service would refuse it. */

import { models } from "../service.js";
import { element } from "./element.js";
import { Fault } from "./fault.js";

// Far more than any network sees, and far below every limit.
const SMALLER_SIDE = 1024;
const ACCEPTED = "image/png, image/jpeg, image/webp, image/gif, image/bmp";

/**
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {(picture: import("../drawing.js").Picture) => void} options.onPicture
 * @param {() => void} options.onRefusal what came is not taken, as the fault says; what was there before goes
 */
export function pictureIntake({ text, onPicture, onRefusal }) {
  const fault = new Fault(text);
  let turn = 0;
  const input = element("input", {
    type: "file",
    accept: ACCEPTED,
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      take(input.files?.[0]);
      // The same file may be chosen again.
      input.value = "";
    },
  });

  /** Let go of what is still being read, or was refused: something newer counts. */
  function forget() {
    turn += 1;
    fault.show(null);
  }

  /** @param {File | undefined} file */
  async function take(file) {
    forget();
    const mine = turn;
    const picture = await fitted(/** @type {File} */ (file)).catch(() => null);
    if (mine !== turn || !input.isConnected) return;
    if (picture) return onPicture(picture);
    fault.say(text("no_picture"));
    onRefusal();
  }

  /** @param {"paste" | "drop"} name @param {(event: any) => DataTransfer | null} from */
  function listen(name, from) {
    const heard = (/** @type {Event} */ event) => {
      if (!input.isConnected) return removeEventListener(name, heard);
      const file = from(event)?.files[0];
      if (file || name === "drop") take(file);
    };
    addEventListener(name, heard);
  }

  listen("paste", (event) => event.clipboardData);
  listen("drop", (event) => event.dataTransfer);
  return { element: input, fault, choose: () => input.click(), forget };
}

/** @param {Blob} file @returns {Promise<import("../drawing.js").Picture>} */
async function fitted(file) {
  const bitmap = await createImageBitmap(file);
  const limits = await models().then(
    (served) => served.limits,
    () => null,
  );
  const [width, height] = [bitmap.width, bitmap.height];
  const isFine =
    !limits ||
    (file.size <= limits.max_body_bytes &&
      Math.max(width, height) <= limits.max_image_side &&
      width * height <= limits.max_image_pixels);
  if (isFine) return { file, bitmap };
  const share = Math.min(1, SMALLER_SIDE / Math.max(width, height));
  const canvas = new OffscreenCanvas(Math.ceil(width * share), Math.ceil(height * share));
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return { file: await canvas.convertToBlob(), bitmap: canvas.transferToImageBitmap() };
}

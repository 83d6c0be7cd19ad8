/** @file What the views share while the page is open: the drawing, the picture that was chosen, where each view stood. */

import { Drawing } from "./drawing.js";

export const session = {
  drawing: new Drawing(),
  /** @type {import("./drawing.js").Picture | null} */
  picture: null,
  /** @type {Map<string, Map<string, string>>} what the address of each view said last */
  visited: new Map(),
};

const KEY = "lab-picture";
/** Larger ones a reload loses: as text they take more than every browser keeps for a tab. */
const MOST_BYTES = 1_500_000;

/** Take a picture that was chosen, and keep it over a reload of the page. @param {import("./drawing.js").Picture} picture */
export async function choosePicture(picture) {
  session.picture = picture;
  sessionStorage.removeItem(KEY);
  if (picture.file.size > MOST_BYTES) return;
  const address = await addressOf(picture.file);
  if (session.picture === picture) sessionStorage.setItem(KEY, address);
}

/** Bring back the picture that was chosen before the page was loaded again. */
export async function restorePicture() {
  const kept = sessionStorage.getItem(KEY);
  if (!kept) return;
  const bytes = Uint8Array.from(atob(kept.slice(kept.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
  const file = new Blob([bytes]);
  session.picture = { file, bitmap: await createImageBitmap(file) };
}

/** @param {Blob} file @returns {Promise<string>} a `data:` address */
function addressOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(/** @type {string} */ (reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

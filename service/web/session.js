/** @file What the views share while the page is open: the drawing, the picture that was chosen, where each view stood. */

import { Drawing } from "./drawing.js";

export const session = {
  drawing: new Drawing(),
  /** @type {import("./drawing.js").Picture | null} */
  picture: null,
  /** @type {Map<string, Map<string, string>>} what the address of each view said last */
  visited: new Map(),
};

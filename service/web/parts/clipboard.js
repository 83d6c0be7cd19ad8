/** @file Copy a text, also where the page was not reached by a secure address, as in a class room's network. */

import { element } from "./element.js";

const TOLD_MS = 2500;

/**
 * @param {string} words to copy
 * @param {HTMLElement} said a status that tells of it, for a while
 * @param {import("../strings.js").Text} text
 */
export async function copy(words, said, text) {
  said.textContent = text((await written(words)) ? "copied" : "not_copied");
  setTimeout(() => {
    said.textContent = "";
  }, TOLD_MS);
}

/** @param {string} words @returns {Promise<boolean>} whether the clipboard has them now */
async function written(words) {
  try {
    await navigator.clipboard.writeText(words);
    return true;
  } catch {
    const field = element("textarea", { class: "unseen", readonly: true }, words);
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}

/** @file Descriptions of an OpenAPI document: what stands between backticks is code. */

import { element } from "../parts/element.js";

/** @param {string} text @returns {(Node | string)[]} */
export function prose(text) {
  return text.split(/`+([^`]+)`+/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

import { element } from "../parts/element.js";
/** @type {import("../lab.js").View} */
export function open() { return element("div", { class: "view" }, "soon"); }

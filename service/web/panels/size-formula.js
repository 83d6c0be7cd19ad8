/** @file The lecture's formula for the size of a feature map, with the numbers of this one in it. */

import { written } from "../arithmetic/numerals.js";
import { element } from "../parts/element.js";

/**
 * @param {import("../strings.js").Text} text
 * @param {{stride: number, output: import("../arithmetic/size.js").AxisSize}[]} axes height, width
 */
export function sizeFormula(text, axes) {
  return axes.map((axis, index) => {
    const letter = index ? "w" : "h";
    const sub = (/** @type {string} */ name) => [element("i", {}, name), element("sub", {}, letter)];
    const { filled, quotient, size, found, unused } = axis.output;
    const isFit = size > 0;
    return element(
      "p",
      { class: "formula" },
      sub("F"),
      " = ⌊(",
      sub("I"),
      " + ",
      element("i", {}, "p"),
      element("sub", {}, text(index ? "left_short" : "top_short")),
      " + ",
      element("i", {}, "p"),
      element("sub", {}, text(index ? "right_short" : "bottom_short")),
      " − ",
      sub("W"),
      "′) / ",
      sub("s"),
      "⌋ + 1",
      element("br"),
      ` = ⌊(${filled}) / ${axis.stride}⌋ + 1 = ⌊${quotient}⌋ + 1 = `,
      element("b", {}, written(found)),
      isFit ? null : ` ${text("no_size")}`,
      isFit && unused
        ? element(
            "span",
            { class: "note" },
            ` ${text(index ? "unused_columns" : "unused_rows", { count: unused })}`,
          )
        : null,
    );
  });
}

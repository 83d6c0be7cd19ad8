/** @file A signal as stems over its indices. */

import { written } from "../arithmetic/numerals.js";
import { svg } from "./element.js";

const STEP = 40;
const HEIGHT = 52;
const ABOVE = 20;
const BELOW = 22;
const INDEX = 18;
/** Letters of a value for which there is room at full size. */
const ROOM = 4.5;

/**
 * @param {object} plot
 * @param {string} plot.label
 * @param {{at: number, value: number, marks?: string}[]} plot.stems
 * @param {[number, number]} plot.range first and last index
 * @param {number} plot.limit the largest magnitude
 * @param {(at: number) => void} [plot.onPick]
 */
export function stemPlot({ label, stems, range: [first, last], limit, onPick }) {
  const count = last - first + 1;
  const width = count * STEP;
  const x = (/** @type {number} */ at) => (at - first + 0.5) * STEP;
  const isSigned = stems.some((stem) => stem.value < 0);
  const zero = ABOVE + (isSigned ? HEIGHT / 2 : HEIGHT);
  const reach = (isSigned ? HEIGHT / 2 : HEIGHT) / (limit || 1);
  const words = stems
    .filter((stem) => !stem.marks?.includes("is-covered"))
    .map((stem) => `${written(stem.at)}: ${written(stem.value, 3)}`);
  const longest = Math.max(...stems.map((stem) => written(stem.value).length));
  const plot = svg(
    "svg",
    {
      class: "stems",
      viewBox: `0 0 ${width} ${ABOVE + HEIGHT + BELOW + INDEX}`,
      role: "img",
      "aria-label": `${label}. ${words.join("; ")}`,
    },
    svg("line", { class: "axis", x1: 0, x2: width, y1: zero, y2: zero }),
    Array.from({ length: count }, (_, index) =>
      svg(
        "text",
        { class: "index", x: x(first + index), y: ABOVE + HEIGHT + BELOW + INDEX - 4 },
        written(first + index),
      ),
    ),
    stems.map(({ at, value, marks = "" }) => {
      if (at < first || at > last) return null;
      const y = zero - value * reach;
      return svg(
        "g",
        {
          class: `stem ${marks} ${value < 0 ? "is-negative" : value > 0 ? "is-positive" : ""}`,
          onclick: () => onPick?.(at),
        },
        svg("rect", { class: "target", x: x(at) - STEP / 2, y: 0, width: STEP, height: ABOVE + HEIGHT + BELOW }),
        svg("line", { x1: x(at), x2: x(at), y1: zero, y2: y }),
        svg("circle", { cx: x(at), cy: y, r: 4.5 }),
        svg(
          "text",
          { x: x(at), y: value < 0 ? y + 17 : y - 8, "font-size": `${Math.min(1, ROOM / longest)}em` },
          written(value),
        ),
      );
    }),
  );
  plot.style.setProperty("--count", String(count));
  return plot;
}

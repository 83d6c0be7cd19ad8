/** @file The accuracy of a network on a line, with its interval, above what others published. */

import { fixed } from "../arithmetic/numerals.js";
import { element, svg } from "../parts/element.js";

const [FROM, TO] = [0.985, 1];
const TICKS = [0.985, 0.99, 0.995, 1];
const FIRST_Y = 52;
const LINE_Y = 24;

/** @param {number} share */
export const percent = (share) => `${fixed(100 * share, 2)} %`;

/**
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {{accuracy: number, accuracy_interval_95: [number, number]}} options.test
 * @param {import("../arithmetic/published.js").Published[]} options.others
 */
export function accuracyInterval({ text, test: { accuracy, accuracy_interval_95: [low, high] }, others }) {
  const x = (/** @type {number} */ share) => 10 + ((share - FROM) / (TO - FROM)) * 580;
  const marks = others.map((other) => ({ ...other, words: `${text(`mark_${other.key}`)}: ${percent(other.accuracy)}` }));
  const axis = FIRST_Y + 14 + LINE_Y * (others.length - 1);
  const picture = svg(
    "svg",
    {
      class: "interval",
      viewBox: `0 0 600 ${axis + 26}`,
      role: "img",
      "aria-label": `${text("accuracy")}: ${percent(accuracy)} (${percent(low)} – ${percent(high)}); ${marks.map((one) => one.words).join("; ")}`,
    },
    svg("line", { class: "axis", x1: 10, x2: 590, y1: axis, y2: axis }),
    TICKS.flatMap((at) => [
      svg("line", { class: "axis", x1: x(at), x2: x(at), y1: axis, y2: axis + 5 }),
      svg(
        "text",
        { x: x(at), y: axis + 20, "text-anchor": at === FROM ? "start" : at === TO ? "end" : "middle" },
        `${fixed(100 * at, 1)} %`,
      ),
    ]),
    svg("line", { class: "range", x1: x(low), x2: x(high), y1: 30, y2: 30 }),
    svg("circle", { class: "here", cx: x(accuracy), cy: 30, r: 6 }),
    svg("text", { class: "strong", x: x(accuracy), y: 16, "text-anchor": "middle" }, text("this_network")),
    marks.flatMap((one, index) => {
      const y = FIRST_Y + LINE_Y * index;
      return [
        svg("circle", { class: "there", cx: x(one.accuracy), cy: y, r: 5 }),
        svg("text", { x: x(one.accuracy) + 12, y: y + 5 }, one.words),
      ];
    }),
  );
  return element(
    "figure",
    {},
    element("figcaption", {}, element("b", {}, text("accuracy_compared"))),
    picture,
  );
}

/** @file How good the served networks are: errors beside the lecture's, confusion, and whether confidence holds. */

import { counted, fixed } from "../arithmetic/numerals.js";
import { element, put, svg } from "../parts/element.js";
import { colour, magnitude } from "../arithmetic/colour-scale.js";
import { Newest } from "../newest.js";
import { Fault } from "../parts/fault.js";
import { scroller } from "../parts/scroller.js";
import { theme } from "../parts/theme.js";
import { model, recognisers } from "../service.js";

/** What the slides report of the same 10,000 test images. */
const LECTURE = { errors: 119, accuracy: 0.9881 };

/** @param {number} share */
const percent = (share) => `${fixed(100 * share, 2)} %`;

/** @type {import("../lab.js").View} */
export function open({ text }) {
  const body = element("div", { class: "trainings" });
  const fault = new Fault(text);
  const newest = new Newest(async () => {
    const served = await recognisers();
    put(body, (await Promise.all(served.map((one) => model(one.name)))).map(report));
  }, fault);
  newest.ask(null);

  /** @param {Awaited<ReturnType<typeof model>> & {version?: string, created?: string}} network */
  function report(network) {
    const { test } = network.evaluation;
    const [low, high] = test.accuracy_interval_95;
    return element(
      "section",
      { class: "training", "aria-label": network.name },
      element(
        "header",
        {},
        element(
          "h3",
          {},
          `${network.name} `,
          element("span", {}, `${text("recipe")} ${network.recipe}, ${network.created?.slice(0, 10) ?? ""}`),
        ),
      ),
      element(
        "dl",
        { class: "totals" },
        fact(text("errors_of", { images: counted(test.images) }), counted(test.errors)),
        fact(text("accuracy"), percent(test.accuracy), `${percent(low)} – ${percent(high)}`),
        fact(text("calibration_error"), percent(test.ece)),
        fact(text("slides_errors"), counted(LECTURE.errors), percent(LECTURE.accuracy)),
      ),
      element(
        "div",
        { class: "charts" },
        test.confusion_matrix ? confusion(test.confusion_matrix) : null,
        element(
          "div",
          { class: "charts-aside" },
          element(
            "figure",
            {},
            element("figcaption", {}, element("b", {}, text("accuracy_compared"))),
            interval(test.accuracy, low, high),
          ),
          test.reliability ? reliability(test.reliability) : null,
        ),
      ),
      element("p", { class: "note" }, text("training_note")),
    );
  }

  /** @param {number} accuracy @param {number} low @param {number} high */
  function interval(accuracy, low, high) {
    const [from, to] = [0.985, 1];
    const x = (/** @type {number} */ share) => 10 + ((share - from) / (to - from)) * 580;
    const ticks = [0.985, 0.99, 0.995, 1];
    return svg(
      "svg",
      {
        class: "interval",
        viewBox: "0 0 600 92",
        role: "img",
        "aria-label": `${text("accuracy")}: ${percent(accuracy)} (${percent(low)} – ${percent(high)}); ${text("the_slides")}`,
      },
      svg("line", { class: "axis", x1: 10, x2: 590, y1: 66, y2: 66 }),
      ticks
        .map((at) => [
          svg("line", { class: "axis", x1: x(at), x2: x(at), y1: 66, y2: 71 }),
          svg(
            "text",
            { x: x(at), y: 86, "text-anchor": at === from ? "start" : at === to ? "end" : "middle" },
            `${fixed(100 * at, 1)} %`,
          ),
        ])
        .flat(),
      svg("line", { class: "range", x1: x(low), x2: x(high), y1: 30, y2: 30 }),
      svg("circle", { class: "here", cx: x(accuracy), cy: 30, r: 6 }),
      svg("text", { class: "strong", x: x(accuracy), y: 16, "text-anchor": "middle" }, text("this_network")),
      svg("circle", { class: "there", cx: x(LECTURE.accuracy), cy: 52, r: 5 }),
      svg("text", { x: x(LECTURE.accuracy) + 12, y: 57 }, text("the_slides")),
    );
  }

  /** @param {number[][]} matrix rows are the true digits */
  function confusion(matrix) {
    const most = magnitude(matrix.flatMap((row, y) => row.filter((_, x) => x !== y)));
    return element(
      "figure",
      {},
      element("figcaption", {}, element("b", {}, text("confusion"))),
      scroller(text("confusion"), [
        element(
          "table",
          { class: "confusion" },
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              element("th", { scope: "col" }, text("true_read")),
              matrix.map((_, digit) => element("th", { scope: "col" }, digit)),
            ),
          ),
          element(
            "tbody",
            {},
            matrix.map((row, y) =>
              element(
                "tr",
                {},
                element("th", { scope: "row" }, y),
                row.map((number, x) => {
                  const cell = element("td", { class: x === y ? "is-right" : "" }, number || "");
                  if (number && x !== y) Object.assign(cell.style, painted(number, most));
                  return cell;
                }),
              ),
            ),
          ),
        ),
      ]),
    );
  }

  /** @param {{confidence: number, accuracy: number, count: number}[]} bins */
  function reliability(bins) {
    const at = (/** @type {number} */ share) => 20 + 200 * share;
    return element(
      "figure",
      {},
      element("figcaption", {}, element("b", {}, text("reliability"))),
      svg(
        "svg",
        {
          class: "reliability",
          viewBox: "0 0 260 262",
          role: "img",
          "aria-label": `${text("reliability")}: ${bins.map((bin) => `${fixed(bin.confidence, 2)} → ${fixed(bin.accuracy, 2)} (${counted(bin.count)})`).join("; ")}`,
        },
        svg("rect", { class: "frame", x: 20, y: 20, width: 200, height: 200 }),
        svg("line", { class: "axis", x1: 20, y1: 220, x2: 220, y2: 20 }),
        bins.map((bin) =>
          svg(
            "circle",
            {
              class: "here",
              cx: at(bin.confidence),
              cy: 240 - at(bin.accuracy),
              r: 2.5 + Math.log10(bin.count + 1) * 1.5,
            },
            svg("title", {}, `${bin.count}`),
          ),
        ),
        svg("text", { x: 120, y: 244, "text-anchor": "middle" }, text("confidence_axis")),
        svg("text", { x: 20, y: 13 }, text("right_answers")),
      ),
    );
  }

  return element("div", { class: "view" }, element("h2", { class: "unseen" }, text("view_training")), fault.element, body);
}

/** @param {number} number @param {number} most */
function painted(number, most) {
  const { background, text } = colour(number, 1.3 * most, theme());
  return { background, color: text };
}

/** @param {string} name @param {string} value @param {string} [more] */
function fact(name, value, more) {
  return element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", {}, value, more ? element("span", {}, more) : null),
  );
}

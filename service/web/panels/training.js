/** @file How good the served networks are: errors beside those that were published, confusion, and whether confidence holds. */

import { counted, fixed } from "../arithmetic/numerals.js";
import { published } from "../arithmetic/published.js";
import { element, put, svg } from "../parts/element.js";
import { colour, magnitude } from "../arithmetic/colour-scale.js";
import { Newest } from "../newest.js";
import { Fault } from "../parts/fault.js";
import { scroller } from "../parts/scroller.js";
import { theme } from "../parts/theme.js";
import { model, recognisers } from "../service.js";
import { accuracyInterval, percent } from "./accuracy-interval.js";
import { seedTable } from "./seed-table.js";

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
    const others = published(network.network);
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
        others.map(({ key, errors, accuracy }) => fact(text(`errors_${key}`), counted(errors), percent(accuracy))),
      ),
      element(
        "div",
        { class: "charts" },
        element(
          "div",
          { class: "charts-part" },
          test.confusion_matrix ? confusion(test.confusion_matrix) : null,
          network.seeds?.length ? seedTable({ text, seeds: network.seeds, own: network.training?.seed }) : null,
        ),
        element(
          "div",
          { class: "charts-part" },
          accuracyInterval({ text, test, others }),
          test.reliability ? reliability(test.reliability) : null,
        ),
      ),
      element("p", { class: "note" }, text("training_note")),
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

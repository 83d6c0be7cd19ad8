/** @file Convolution of signals: the lecture's h, x and y, step by step. */

import { readCount, readMatrix, writeMatrix } from "../arithmetic/address.js";
import { magnitude } from "../arithmetic/colour-scale.js";
import { convolve } from "../arithmetic/convolution.js";
import { SIGNAL, SYSTEM } from "../arithmetic/lecture.js";
import { written } from "../arithmetic/numerals.js";
import { callDrawer } from "../parts/call-drawer.js";
import { element, put } from "../parts/element.js";
import { numberList } from "../parts/number-list.js";
import { Player } from "../parts/player.js";
import { scroller } from "../parts/scroller.js";
import { stemPlot } from "../parts/stem-plot.js";
import { writtenProducts } from "../parts/written-sum.js";

const MOST_SAMPLES = 16;

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  let signal = readMatrix(values.get("x"), { most: MOST_SAMPLES })?.[0] ?? SIGNAL;
  let system = readMatrix(values.get("h"), { most: MOST_SAMPLES })?.[0] ?? SYSTEM;
  let n = readCount(values.get("n"), { least: 0, most: 2 * MOST_SAMPLES, fallback: 0 });
  const plots = element("div", { class: "plots" });
  const scroll = scroller(text("plots"), [plots]);
  const sum = element("div", { class: "written", "aria-live": "polite" });
  const player = new Player({ text, onStep: (step) => ((n = step), show()) });
  const call = callDrawer({
    text,
    call: () => ({
      method: "POST",
      path: "/convolve",
      json: { input: signal, kernel: system, padding: "full" },
    }),
  });

  function show() {
    const plan = convolve({
      input: [signal],
      kernel: [system],
      operation: "convolution",
      padding: ["valid", "full"],
      border: "zeros",
      stride: [1, 1],
      dilation: [1, 1],
      bias: 0,
      activation: "identity",
    });
    const output = plan.output[0];
    n = Math.min(n, output.length - 1);
    const range = /** @type {[number, number]} */ ([-(system.length - 1), output.length - 1]);
    const k = (/** @type {number} */ index) => n - index;
    const isMet = (/** @type {number} */ at) =>
      at >= 0 && at < signal.length && n - at >= 0 && n - at < system.length;
    put(
      plots,
      figure(
        "x[k]",
        stemPlot({
          label: "x[k]",
          range,
          limit: magnitude(signal),
          stems: signal.map((value, at) => ({ at, value, marks: isMet(at) ? "is-met" : "" })),
        }),
      ),
      figure(
        `h[n − k], n = ${n}`,
        stemPlot({
          label: `h[${n} − k]`,
          range,
          limit: magnitude(system),
          stems: system.map((value, index) => ({
            at: k(index),
            value,
            marks: isMet(k(index)) ? "is-met" : "",
          })),
        }),
      ),
      figure(
        "y[n]",
        stemPlot({
          label: "y[n]",
          range,
          limit: magnitude(output),
          onPick: (at) => player.jump(at),
          stems: output.map((value, at) => ({
            at,
            value,
            marks: at === n ? "is-current" : at > n ? "is-covered" : "",
          })),
        }),
      ),
    );
    const terms = system.flatMap((weight, index) =>
      k(index) >= 0 && k(index) < signal.length
        ? [{ weight, value: signal[k(index)], at: k(index), index }]
        : [],
    );
    const lead = [
      element("i", {}, `y[${n}]`),
      " = ",
      terms.map(({ at, index }) => `x[${at}]·h[${index}]`).join(" + "),
      " = ",
    ];
    put(sum, writtenProducts(terms, output[n], { lead, isTotal: true, decimals: 4 }));
    player.set(output.length, n);
    requestAnimationFrame(follow);
    call.write();
    keep({
      ...(signal === SIGNAL ? {} : { x: writeMatrix([signal]) }),
      ...(system === SYSTEM ? {} : { h: writeMatrix([system]) }),
      ...(n ? { n } : {}),
    });
  }

  /** Scroll sideways, and no other way, to the step that is shown. */
  function follow() {
    const here = plots.querySelector(".is-current .target")?.getBoundingClientRect();
    const box = scroll.getBoundingClientRect();
    if (here) scroll.scrollLeft += (here.left + here.right - box.left - box.right) / 2;
  }

  const note = element(
    "p",
    { class: "note" },
    text("signals_example"),
    " ",
    element("span", { class: "whole" }, "x[n] = 2 e", element("sup", {}, `${written(-0.3)} n`), "."),
    ` ${text("signals_sizes")}`,
  );
  const stage = element(
    "div",
    { class: "signal-stage" },
    scroll,
    element("div", { class: "gathered" }, sum, note),
  );

  /** @param {string} name @param {() => number[]} now @param {(numbers: number[]) => void} onRead */
  function field(name, now, onRead) {
    return numberList({
      text,
      name,
      most: MOST_SAMPLES,
      now,
      onChange: (numbers) => {
        for (const part of [player.element, stage, call.element]) part.classList.toggle("is-void", !numbers);
        if (!numbers) return player.stop();
        onRead(numbers);
        show();
      },
    });
  }

  const view = element(
    "div",
    { class: "view viewport", onkeydown: (/** @type {KeyboardEvent} */ event) => player.key(event, 1) },
    element("h2", { class: "unseen" }, text("view_signals")),
    player.element,
    element(
      "div",
      { class: "signals" },
      field(
        text("signal"),
        () => signal,
        (read) => (signal = read),
      ),
      field(
        text("system"),
        () => system,
        (read) => (system = read),
      ),
    ),
    stage,
    call.element,
  );
  show();
  return view;
}

/** @param {string} label @param {SVGElement} plot */
function figure(label, plot) {
  return element("figure", { class: "plot" }, element("figcaption", {}, element("i", {}, label)), plot);
}

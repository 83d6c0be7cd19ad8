/** @file What a network costs: sizes, parameters, multiply-adds and memory, each with its formula. */

import { readChoice, readCount } from "../arithmetic/address.js";
import { fitTables, withoutMemory } from "../arithmetic/connection-table.js";
import { EXAMPLES, readLayers, writeLayers } from "../arithmetic/layer-list.js";
import { counted, fixed, weighed } from "../arithmetic/numerals.js";
import { Newest } from "../newest.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, count, segments } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { scroller } from "../parts/scroller.js";
import { Fault } from "../parts/fault.js";
import { formulaWords, serviceWords } from "../parts/service-words.js";
import { send } from "../service.js";
import { frame } from "./frame.js";
import { layerEditor } from "./layer-editor.js";

const BYTES = { float32: 4, float16: 2 };

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  let layers = fitTables(readLayers(values.get("layers") ?? EXAMPLES.lenet5));
  let batch = readCount(values.get("batch"), { least: 1, most: 100000, fallback: 1 });
  let dtype = readChoice(values.get("dtype"), ["float32", "float16"]);
  const figures = element("div", { class: "figures" });
  const editor = layerEditor({ text, onChange: (changed) => ((layers = changed), change()) });
  const body = () => ({ layers: withoutMemory(layers), batch, dtype });
  const call = callDrawer({ text, call: () => ({ method: "POST", path: "/architecture", json: body() }) });
  const fault = new Fault(text, ({ errors }) => {
    put(figures);
    return editor.refuse(errors) ? text("see_marked") : undefined;
  });
  const newest = new Newest(async () => {
    const answer = await send("POST", "/architecture", body());
    editor.refuse([]);
    show(answer);
  }, fault);
  const nameNow = () =>
    Object.keys(EXAMPLES).find((name) => EXAMPLES[name] === writeLayers(layers)) ?? "custom";
  const examples = choice({
    name: text("example"),
    options: [...Object.keys(EXAMPLES), "custom"].map((name) => [name, text(/** @type {"custom"} */ (name))]),
    value: nameNow(),
    onChange: (name) => {
      layers = EXAMPLES[name] ? fitTables(readLayers(EXAMPLES[name])) : layers;
      editor.show(layers);
      change();
    },
  });

  function change() {
    examples.select.value = nameNow();
    keep({
      ...(nameNow() === "lenet5" ? {} : { layers: writeLayers(layers) }),
      ...(batch === 1 ? {} : { batch }),
      ...(dtype === "float32" ? {} : { dtype }),
    });
    call.write();
    newest.ask(null);
  }

  /** @param {any} answer of `POST /architecture` */
  function show(answer) {
    const dense = answer.shares.Dense;
    const weights = answer.parameters * BYTES[dtype];
    const [height, width] = answer.layers[0].output_shape;
    put(
      figures,
      element(
        "dl",
        { class: "totals" },
        total(text("total_parameters"), counted(answer.parameters)),
        total(text("total_multiply_adds"), counted(answer.multiply_adds)),
        total(
          text("total_memory"),
          weighed(answer.memory_bytes + weights),
          text("memory_parts", {
            outputs: weighed(answer.memory_bytes),
            weights: weighed(weights),
          }),
        ),
        dense ? total(text("share_of_dense"), `${fixed(100 * dense.share, 2)} %`) : null,
      ),
      scroller(text("figures"), [
        element(
          "table",
          {},
          element(
            "thead",
            {},
            element(
              "tr",
              {},
              element("th", { scope: "col" }, text("layer")),
              element("th", { scope: "col" }, text("output_shape")),
              element("th", { scope: "col", class: "figure" }, text("total_parameters")),
              element("th", { scope: "col", class: "figure" }, text("receptive_field")),
              element("th", { scope: "col", class: "figure" }, text("output_memory")),
            ),
          ),
          element(
            "tbody",
            {},
            answer.layers.map((/** @type {any} */ layer) => row(layer, height, width)),
          ),
        ),
      ]),
    );
  }

  /** @param {any} layer @param {number} height of the input @param {number} width */
  function row(layer, height, width) {
    const [high, wide] = layer.receptive_field ?? [0, 0];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, layer.name),
      element("td", {}, layer.output_shape.join(" × ")),
      element(
        "td",
        { class: "figure" },
        element("b", {}, counted(layer.parameters)),
        layer.parameters ? element("span", { class: "how" }, formulaWords(layer.formulas.parameters, text)) : null,
      ),
      element(
        "td",
        { class: "figure" },
        high ? `${high} × ${wide}` : "–",
        high > height || wide > width
          ? element("span", { class: "how" }, text("sees_padding", { height, width }))
          : null,
      ),
      element(
        "td",
        { class: "figure" },
        element("b", {}, weighed(layer.memory_bytes)),
        element("span", { class: "how" }, formulaWords(layer.formulas.memory_bytes, text)),
        layer.slide ? element("span", { class: "slide" }, serviceWords(layer.slide, text)) : null,
      ),
    );
  }

  const view = frame({
    text,
    title: "view_cost",
    settings: [
      examples.element,
      element(
        "div",
        { class: "fields" },
        count({
          name: text("batch"),
          value: batch,
          least: 1,
          most: 100000,
          onChange: (value) => ((batch = value), change()),
        }),
      ),
      segments({
        name: text("numbers"),
        options: [
          ["float32", "float32"],
          ["float16", "float16"],
        ],
        value: dtype,
        onChange: (value) => ((dtype = /** @type {typeof dtype} */ (value)), change()),
      }).element,
      editor.element,
    ],
    stage: [fault.element, figures, call.element],
  });
  editor.show(layers);
  change();
  return view;
}

/** @param {string} name @param {string} value @param {string} [parts] */
function total(name, value, parts) {
  const more = parts ? element("span", {}, parts) : null;
  return element("div", {}, element("dt", {}, name), element("dd", {}, value, more));
}

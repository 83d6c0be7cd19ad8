/** @file The layers of a network as a list to change: numbers, order, more and fewer. */

import { fitTables, mapsBefore, widthOf } from "../arithmetic/connection-table.js";
import { TYPES, freshLayer } from "../arithmetic/layer-list.js";
import { choice, count } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { serviceWords } from "../parts/service-words.js";

const MOST_LAYERS = 20;

/**
 * @param {{text: import("../strings.js").Text, onChange: (layers: import("../arithmetic/layer-list.js").Layer[]) => void}} options
 */
export function layerEditor({ text, onChange }) {
  /** @type {import("../arithmetic/layer-list.js").Layer[]} */
  let layers = [];
  const list = element("ol", { class: "layers" });
  let added = "Conv2D";
  const adder = choice({
    name: text("add_layer"),
    options: TYPES.map((type) => [type, type]),
    value: added,
    onChange: (value) => (added = value),
  });
  const add = element(
    "button",
    { type: "button", onclick: () => layers.length < MOST_LAYERS && change([...layers, freshLayer(added)]) },
    "+",
  );
  add.setAttribute("aria-label", text("add_layer"));

  /** @param {typeof layers} changed */
  function change(changed) {
    show(fitTables(changed));
    onChange(layers);
  }

  /** Take a layer out, and go to the one in its place. @param {number} at */
  function remove(at) {
    change(layers.filter((_, index) => index !== at));
    const next = list.children[Math.min(at, layers.length - 1)];
    /** @type {HTMLElement | null} */ (next?.querySelector("button, input"))?.focus();
  }

  /** @param {number} at @param {object} values */
  function set(at, values) {
    layers = fitTables(
      layers.map((layer, index) =>
        index === at ? /** @type {typeof layer} */ ({ ...layer, ...values }) : layer,
      ),
    );
    tell();
    onChange(layers);
  }

  /** Say of each table of connections whether it counts; in place, so that a field that is typed in stays. */
  function tell() {
    layers.forEach((layer, at) => {
      const note = list.children[at].querySelector(".connections");
      const words = layer.type === "Conv2D" ? tableWords(layer, at) : "";
      if (note && note.textContent !== words) note.textContent = words;
    });
  }

  /** @param {import("../arithmetic/connection-table.js").Conv2D} layer @param {number} at */
  function tableWords({ table, connections }, at) {
    if (!table) return "";
    const kernels = table.length;
    return connections
      ? text("table_kept", { kernels, maps: mapsBefore(layers, at), pairs: table.flat().length })
      : text("table_left_out", { kernels, maps: widthOf(table) });
  }

  /**
   * Mark the fields that the service refuses, each with its words.
   * @param {{pointer: string, detail: string}[]} errors
   * @returns {boolean} whether every one is of a field
   */
  function refuse(errors) {
    list.querySelectorAll(".refusal").forEach((words) => words.remove());
    list.querySelectorAll("[aria-invalid]").forEach((field) => field.removeAttribute("aria-invalid"));
    const isMarked = errors.map(({ pointer, detail }) => {
      const [, , at, ...rest] = pointer.split("/");
      const item = list.children[Number(at)];
      if (!pointer.startsWith("#/layers/") || !item) return false;
      item.querySelector(`[data-field="${rest.join("/")}"] :is(input, select)`)?.setAttribute("aria-invalid", "true");
      /** @type {HTMLDetailsElement | null} */ (item.closest("details"))?.setAttribute("open", "");
      item.append(element("p", { class: "refusal", role: "alert" }, serviceWords(detail, text)));
      return true;
    });
    return errors.length > 0 && isMarked.every(Boolean);
  }

  /** @param {HTMLElement} made @param {string} field its place in the layer */
  function named(made, field) {
    made.dataset.field = field;
    return made;
  }

  /** @param {import("../arithmetic/layer-list.js").Layer} layer @param {number} at @returns {Node[]} */
  function fields(layer, at) {
    const number = (
      /** @type {string} */ name,
      /** @type {number} */ value,
      /** @type {(value: number) => object} */ told,
      most = 65536,
      field = Object.keys(told(1))[0],
    ) => named(count({ name, value, least: 1, most, onChange: (changed) => set(at, told(changed)) }), field);
    if (layer.type === "Input") {
      return ["height", "width", "depth"].map((name, axis) =>
        number(
          text(/** @type {"height"} */ (name)),
          layer.shape[axis],
          (value) => ({
            shape: /** @type {number[]} */ (layers[at].type === "Input" ? layers[at].shape : []).map(
              (old, index) => (index === axis ? value : old),
            ),
          }),
          65536,
          `shape/${axis}`,
        ),
      );
    }
    if (layer.type === "Conv2D") {
      return [
        number(text("filters"), layer.filters, (filters) => ({ filters })),
        number(text("kernel"), layer.kernel_size, (kernel_size) => ({ kernel_size }), 512),
        number(text("stride"), layer.strides, (strides) => ({ strides }), 64),
        named(
          choice({
            name: text("padding"),
            options: [
              ["valid", text("padding_valid")],
              ["same", text("padding_same")],
            ],
            value: layer.padding,
            onChange: (padding) => set(at, { padding }),
          }).element,
          "padding",
        ),
      ];
    }
    if (layer.type === "Dense" || layer.type === "RBF") return [number(text("units"), layer.units, (units) => ({ units }))];
    return "pool_size" in layer
      ? [number(text("patch"), layer.pool_size, (pool_size) => ({ pool_size }), 512)]
      : [];
  }

  /** @param {typeof layers} now */
  function show(now) {
    layers = now;
    put(
      list,
      layers.map((layer, at) =>
        element(
          "li",
          {},
          element("b", {}, layer.type === "Input" ? text("input") : layer.type),
          at
            ? element(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  "aria-label": `${text("remove")} ${layer.type} ${at}`,
                  onclick: () => remove(at),
                },
                "×",
              )
            : null,
          element("div", { class: "numbers" }, fields(layer, at)),
          layer.type === "Conv2D" ? element("p", { class: "note connections", role: "status" }) : null,
        ),
      ),
    );
    tell();
  }

  return {
    element: element(
      "div",
      { class: "layer-editor" },
      list,
      element("div", { class: "adder" }, adder.element, add),
    ),
    show,
    refuse,
  };
}

/** @file Named controls: a choice, segments, a count, a tick, a slider. */

import { element } from "./element.js";

let made = 0;

/**
 * @param {{name: string, options: (readonly [string, string])[], value: string, onChange: (value: string) => void}} choice
 */
export function choice({ name, options, value, onChange }) {
  const select = element(
    "select",
    { onchange: () => onChange(select.value) },
    options.map(([key, label]) => element("option", { value: key, selected: key === value }, label)),
  );
  return {
    element: element("label", { class: "field" }, element("span", { class: "name" }, name), select),
    select,
  };
}

/**
 * Two to four choices, side by side; the arrow keys change between them. `choose` marks one without telling of it.
 * @param {{name: string, options: (readonly [string, string])[], value: string, hideName?: boolean, onChange: (value: string) => void}} segments
 */
export function segments({ name, options, value, hideName = false, onChange }) {
  made += 1;
  const group = `segments-${made}`;
  const inputs = options.map(([key]) =>
    element("input", {
      type: "radio",
      name: group,
      value: key,
      checked: key === value,
      onchange: () => onChange(key),
    }),
  );
  const fieldset = element(
    "fieldset",
    { class: "field" },
    element("legend", { class: hideName ? "unseen" : "name" }, name),
    element(
      "div",
      { class: "segments" },
      options.map(([, label], index) => element("label", {}, inputs[index], label)),
    ),
  );
  return {
    element: fieldset,
    /** @param {string} chosen */
    choose: (chosen) => inputs.forEach((input) => (input.checked = input.value === chosen)),
  };
}

/**
 * A number within bounds; what is out of them is brought back.
 * @param {{name: string, value: number, least: number, most: number, step?: number, onChange: (value: number) => void}} count
 */
export function count({ name, value, least, most, step = 1, onChange }) {
  const input = element("input", {
    type: "number",
    value,
    min: least,
    max: most,
    step,
    inputmode: "decimal",
    oninput: () => Number.isFinite(input.valueAsNumber) && onChange(bounded()),
    onchange: () => {
      input.value = String(bounded());
    },
  });

  function bounded() {
    const asked = Number.isFinite(input.valueAsNumber) ? input.valueAsNumber : value;
    return Math.min(most, Math.max(least, step === 1 ? Math.round(asked) : asked));
  }

  return element("label", { class: "field" }, element("span", { class: "name" }, name), input);
}

/**
 * @param {{name: string, value: boolean, onChange: (value: boolean) => void}} tick
 */
export function tick({ name, value, onChange }) {
  const input = element("input", {
    type: "checkbox",
    checked: value,
    onchange: () => onChange(input.checked),
  });
  return element("label", { class: "tick" }, input, name);
}

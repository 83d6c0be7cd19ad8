/** @file Numbers in a row, to type; what is no such row is told in words, and let go of when the field is left. */

import { counted, listed, typedList } from "../arithmetic/numerals.js";
import { element } from "./element.js";

const LARGEST = 1e6;

/**
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {string} options.name
 * @param {number} options.most numbers
 * @param {() => number[]} options.now
 * @param {(numbers: number[] | null) => void} options.onChange null while what is typed is refused
 */
export function numberList({ text, name, most, now, onChange }) {
  const refusal = element("p", { class: "refusal", role: "alert" });
  const input = element("input", {
    type: "text",
    value: listed(now()),
    oninput: () => {
      const numbers = typedList(input.value);
      const words = refused(numbers);
      tell(words);
      onChange(words ? null : numbers);
    },
    onblur: () => {
      if (!refusal.textContent) return;
      input.value = listed(now());
      tell("");
      onChange(now());
    },
  });

  /** Why these numbers are not taken; "" when they are. @param {number[]} numbers */
  function refused(numbers) {
    if (!numbers.length || numbers.some(Number.isNaN)) return text("numbers_wanted", { example: listed([1, 0.5, -2]) });
    if (numbers.length > most) return text("numbers_too_many", { most, count: numbers.length });
    return numbers.some((value) => Math.abs(value) > LARGEST)
      ? text("numbers_too_large", { largest: counted(LARGEST) })
      : "";
  }

  /** @param {string} words */
  function tell(words) {
    input.setAttribute("aria-invalid", String(words !== ""));
    if (refusal.textContent !== words) refusal.textContent = words;
  }

  return element(
    "div",
    {},
    element("label", { class: "field" }, element("span", { class: "name" }, name), input),
    refusal,
  );
}

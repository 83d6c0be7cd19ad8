/** @file A part that scrolls sideways, and fades where there is more of it. */

import { element } from "./element.js";

/**
 * @param {string} label
 * @param {Node[]} children
 * @param {Record<string, unknown>} [attributes]
 */
export function scroller(label, children, attributes = {}) {
  const part = element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": label, ...attributes },
    children,
  );
  fade(part);
  return part;
}

/** Mark the sides on which a part has more than it shows. @param {HTMLElement} part */
export function fade(part) {
  const tell = () => {
    const { scrollLeft, scrollWidth, clientWidth } = part;
    part.toggleAttribute("data-before", scrollLeft > 1);
    part.toggleAttribute("data-after", scrollLeft + clientWidth < scrollWidth - 1);
  };
  part.addEventListener("scroll", tell, { passive: true });
  const observer = new ResizeObserver(tell);
  for (const one of [part, ...part.children]) observer.observe(one);
}

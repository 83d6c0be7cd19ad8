/** @file Light or dark: the reader's choice, or else the system's. */

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");
const KEY = "lab-theme";

/** @returns {"light" | "dark"} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === "light" || chosen === "dark") return chosen;
  return SYSTEM.matches ? "dark" : "light";
}

/** Take the last choice, and tell whenever the theme changes. @param {() => void} onChange */
export function watchTheme(onChange) {
  const kept = localStorage.getItem(KEY);
  if (kept) document.documentElement.dataset.theme = kept;
  SYSTEM.addEventListener("change", onChange);
}

/** Change to the other one. */
export function turnTheme() {
  const other = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = other;
  localStorage.setItem(KEY, other);
}

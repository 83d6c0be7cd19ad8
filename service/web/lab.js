/** @file The lab: which view is open, in which language and light, and its state in the address. */

import { readAddress, writeAddress } from "./arithmetic/address.js";
import { writeNumbersIn } from "./arithmetic/numerals.js";
import { copy } from "./parts/clipboard.js";
import { element, put, symbol } from "./parts/element.js";
import { fade } from "./parts/scroller.js";
import { turnTheme, watchTheme } from "./parts/theme.js";
import { restorePicture, session } from "./session.js";
import { languageOf, otherLanguage, textIn } from "./strings.js";

/**
 * @typedef {object} Context
 * @property {import("./strings.js").Text} text
 * @property {Map<string, string>} values what the address says
 * @property {(values: Record<string, string | number>) => void} keep write the state into the address
 */

/** @typedef {(context: Context) => HTMLElement} View */

/** @type {Record<string, () => Promise<{open: View}>>} */
const VIEWS = {
  digit: () => import("./panels/digit.js"),
  convolution: () => import("./panels/convolution.js"),
  pictures: () => import("./panels/pictures.js"),
  pooling: () => import("./panels/pooling.js"),
  channels: () => import("./panels/channels.js"),
  signals: () => import("./panels/signals.js"),
  cost: () => import("./panels/cost.js"),
  training: () => import("./panels/training.js"),
};
const FIRST = "digit";
// Browsers limit how often an address may change.
const ADDRESS_EVERY_MS = 250;
const AGAIN_MS = 2000;

/** @param {string} name of a view @returns {import("./strings.js").Key} */
const titleOf = (name) => /** @type {import("./strings.js").Key} */ (`view_${name}`);
const masthead = /** @type {HTMLElement} */ (document.getElementById("masthead"));
const main = /** @type {HTMLElement} */ (document.getElementById("main"));
let timer = 0;
let opened = 0;
let asked = readAddress(location.hash).values.get("lang");

/** Draw the page anew from its address. */
async function show() {
  opened += 1;
  const turn = opened;
  const address = readAddress(location.hash);
  const name = address.view in VIEWS ? address.view : FIRST;
  const language = languageOf(asked);
  if (asked) address.values.set("lang", asked);
  goTo(asked ? writeAddress(address.view || FIRST, address.values) : location.href);
  const text = textIn(language);
  writeNumbersIn(language);
  document.documentElement.lang = language;
  document.title = `${text(titleOf(name))} – LeNet-5 lab`;
  head(name, language);
  let open;
  try {
    ({ open } = await VIEWS[name]());
  } catch {
    if (turn !== opened) return;
    fill(element("p", { class: "notice is-fault", role: "alert" }, text("no_service")));
    setTimeout(() => turn === opened && show(), AGAIN_MS);
    return;
  }
  if (turn !== opened) return;
  flush();
  fill(
    open({
      text,
      values: address.values,
      keep: (values) => turn === opened && keep(name, values),
    }),
  );
}

/** Show this and nothing else; who was in what was there is not thrown out of the page. @param {HTMLElement} content */
function fill(content) {
  const isWithin = main.contains(document.activeElement);
  put(main, content);
  if (isWithin) main.focus({ preventScroll: true });
}

/** @param {string} name @param {Record<string, string | number>} values */
function keep(name, values) {
  const told = Object.entries({ ...values, ...(asked ? { lang: asked } : {}) });
  const texts = told.map(([key, value]) => /** @type {[string, string]} */ ([key, String(value)]));
  session.visited.set(name, new Map(texts));
  pending = writeAddress(name, texts);
  timer ||= window.setTimeout(flush, ADDRESS_EVERY_MS);
}

let pending = "";

function flush() {
  clearTimeout(timer);
  timer = 0;
  if (pending && readAddress(pending).view === (readAddress(location.hash).view || FIRST))
    goTo(pending);
  pending = "";
}

/** Change the address of this place in the history, and mark the place as one that was here. @param {string} address */
function goTo(address) {
  history.replaceState({ isSeen: true }, "", address);
}

/** The address of a view, as it was left. @param {string} name */
function addressOf(name) {
  const values = new Map(session.visited.get(name));
  // The drawing is shared: what another view made of it since counts.
  for (const key of ["ink", "brush", "lang"]) values.delete(key);
  if (asked) values.set("lang", asked);
  return writeAddress(name, values);
}

/** @param {string} current @param {string} language */
function head(current, language) {
  const text = textIn(language);
  const said = element("span", { role: "status", class: "said-briefly" });
  const controls = () => /** @type {HTMLElement[]} */ ([...masthead.querySelectorAll("a, button")]);
  const focused = controls().findIndex((control) => control === document.activeElement);
  put(
    masthead,
    element("h1", {}, element("a", { href: addressOf(FIRST) }, "LeNet-5 lab")),
    element(
      "nav",
      { "aria-label": text("views") },
      element(
        "ul",
        {},
        Object.keys(VIEWS).map((name) =>
          element(
            "li",
            {},
            element(
              "a",
              { href: addressOf(name), "aria-current": name === current ? "page" : false, onclick: leave },
              text(titleOf(name)),
            ),
          ),
        ),
      ),
    ),
    element(
      "div",
      { class: "tools" },
      said,
      element("a", { href: asked ? `docs?lang=${asked}` : "docs" }, "API"),
      element(
        "button",
        { type: "button", class: "quiet", lang: otherLanguage(language), onclick: translate },
        otherLanguage(language) === "pt" ? "Português" : "English",
      ),
      element(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-label": text("share"),
          title: text("share"),
          onclick: () => share(said, text),
        },
        symbol("share"),
      ),
      element(
        "button",
        {
          type: "button",
          class: "quiet",
          "aria-label": text("theme"),
          title: text("theme"),
          onclick: relight,
        },
        symbol("theme"),
      ),
    ),
  );
  controls()[focused]?.focus();
  fade(/** @type {HTMLElement} */ (masthead.querySelector("nav")));
  masthead.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** The address is written before the page leaves it, and the view's own link leads to where it stands. @param {Event} event */
function leave(event) {
  flush();
  if (/** @type {Element} */ (event.currentTarget).hasAttribute("aria-current")) event.preventDefault();
}

function translate() {
  flush();
  asked = otherLanguage(document.documentElement.lang);
  show();
}

function relight() {
  flush();
  turnTheme();
  show();
}

/** @param {HTMLElement} said @param {import("./strings.js").Text} text */
function share(said, text) {
  flush();
  copy(location.href, said, text);
}

// A file that is dropped beside a view would replace the page, and what was made on it.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
watchTheme(show);
addEventListener("hashchange", () => {
  // An address that is new asks for its language; one that is gone back to has that of an earlier time.
  if (!history.state) asked = readAddress(location.hash).values.get("lang") ?? asked;
  show();
});
await restorePicture().finally(show);
// A view that is there already opens without the service.
window.requestIdleCallback?.(() => Object.values(VIEWS).forEach((load) => load().catch(() => {})));

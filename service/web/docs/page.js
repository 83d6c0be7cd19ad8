/** @file The page of the API: every endpoint of openapi.json, to read and to try. */

import { element, put } from "../parts/element.js";
import { watchTheme } from "../parts/theme.js";
import { writeAddress } from "../arithmetic/address.js";
import { addressOf } from "../service.js";
import { describe, identify } from "./endpoint.js";
import { prose } from "./prose.js";
import { asked, language, text } from "./words.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
watchTheme(() => {});
document.documentElement.lang = language;
document.title = text("docs_title");
if (asked)
  document.querySelector(".masthead h1 a")?.setAttribute("href", `./${writeAddress("digit", [["lang", language]])}`);

try {
  const answer = await fetch(addressOf("/openapi.json"));
  show(await answer.json());
} catch (error) {
  put(main, element("p", { class: "notice is-fault" }, `openapi.json: ${error}`));
}

/** @param {import("./schema.js").Document} api */
function show(api) {
  const endpoints = Object.entries(api.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  );
  const tags = [...new Set(endpoints.map(({ operation }) => operation.tags?.[0] ?? "other"))];
  put(
    main,
    element(
      "nav",
      { class: "contents", "aria-label": text("endpoints") },
      tags
        .map((tag) => [
          element("h3", { lang: "en" }, tag),
          element(
            "ul",
            {},
            endpoints
              .filter(({ operation }) => (operation.tags?.[0] ?? "other") === tag)
              .map((endpoint) =>
                element(
                  "li",
                  {},
                  element(
                    "a",
                    { href: `#${identify(endpoint)}` },
                    element("span", { class: "verb" }, endpoint.method),
                    element("span", {}, breakable(endpoint.path)),
                  ),
                ),
              ),
          ),
        ])
        .flat(),
    ),
    element(
      "div",
      { class: "endpoints" },
      element(
        "header",
        {},
        element("h2", {}, `${api.info.title} ${api.info.version}`),
        element("p", { lang: "en" }, api.info.summary ?? ""),
        element("p", { class: "purpose", lang: "en" }, prose(api.info.description ?? "")),
        element("p", { class: "note" }, text("docs_descriptions")),
      ),
      endpoints.map((endpoint) => describe(endpoint, api)),
    ),
  );
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** A path that is broken before its slashes. @param {string} path @returns {(Node | string)[]} */
function breakable(path) {
  return path.split(/(?=\/)/).flatMap((part) => [element("wbr"), part]);
}

/** @file One endpoint: what it is for, its parameters, its answers, and a form to try it. */

import { element } from "../parts/element.js";
import { prose } from "./prose.js";
import { choices, inWords, members, resolve, schemaOf } from "./schema.js";
import { trial } from "./trial.js";
import { text } from "./words.js";

/** @typedef {{path: string, method: string, operation: import("./schema.js").Operation}} Endpoint */

/** A fragment that names an endpoint. @param {Endpoint} endpoint */
export function identify({ path, method }) {
  return `${method.toLowerCase()}${path.replace(/[^a-z0-9]+/gi, "-")}`.replace(/-$/, "");
}

/** @param {Endpoint} endpoint @param {import("./schema.js").Document} api */
export function describe(endpoint, api) {
  const { path, method, operation } = endpoint;
  const id = identify(endpoint);
  return element(
    "section",
    { class: "endpoint", id, "aria-labelledby": `${id}-title` },
    element(
      "h3",
      { id: `${id}-title` },
      element("span", { class: "verb" }, method),
      " ",
      element("code", {}, path),
    ),
    element("p", { lang: "en" }, prose(operation.summary ?? "")),
    operation.description ? element("p", { class: "purpose", lang: "en" }, prose(operation.description)) : null,
    trial(endpoint, api),
    parameters(operation, api),
    body(operation, api),
    answers(operation, api),
  );
}

/** @param {import("./schema.js").Operation} operation @param {import("./schema.js").Document} api */
function parameters(operation, api) {
  const rows = (operation.parameters ?? []).map((one) =>
    row(one.name, { ...schemaOf(one), description: one.description }, Boolean(one.required), api, one.in),
  );
  return rows.length ? folded(text("docs_parameters"), table(rows)) : null;
}

/** @param {import("./schema.js").Operation} operation @param {import("./schema.js").Document} api */
function body(operation, api) {
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (!content.length) return null;
  const parts = content.map(([type, { schema }]) => {
    const plain = resolve(schema ?? {}, api);
    const bodies = choices(plain, api);
    const rows = bodies.flatMap((one) =>
      members(one, api).map((member) =>
        row(member.name, member.schema, member.isRequired && bodies.length === 1, api),
      ),
    );
    return [
      element("h4", {}, element("code", {}, type)),
      plain.description ? element("p", { class: "note", lang: "en" }, prose(plain.description)) : null,
      rows.length ? table(rows) : null,
    ];
  });
  return folded(text("docs_body"), ...parts.flat());
}

/** @param {import("./schema.js").Operation} operation @param {import("./schema.js").Document} api */
function answers(operation, api) {
  const parts = Object.entries(operation.responses).map(([status, answer]) => {
    const rows =
      status === "200"
        ? members(answer.content?.["application/json"]?.schema, api).map((member) =>
            row(member.name, member.schema, member.isRequired, api),
          )
        : [];
    const types = status === "200" ? Object.keys(answer.content ?? {}).join(", ") : "";
    return [
      element("h4", { lang: "en" }, `${status} `, prose(answer.description), types ? ` · ${types}` : ""),
      rows.length ? table(rows) : null,
    ];
  });
  return folded(text("docs_answers"), ...parts.flat());
}

/** @param {string} name @param {any} schema @param {boolean} isRequired @param {import("./schema.js").Document} api @param {string} [place] */
function row(name, schema, isRequired, api, place) {
  const plain = resolve(schema, api);
  const words = [...new Set(choices(schema, api).map((one) => inWords(one, api)))].join(" | ");
  const hasDefault = plain.default !== undefined && plain.default !== null;
  return element(
    "tr",
    {},
    element(
      "td",
      {},
      element("code", {}, name),
      isRequired ? " *" : "",
      place ? element("span", { class: "note" }, ` ${place}`) : null,
    ),
    element(
      "td",
      {},
      element("code", {}, words || "null"),
      hasDefault ? [` ${text("by_default")} `, element("code", {}, JSON.stringify(plain.default))] : null,
      element("div", { lang: "en" }, prose(schema.description ?? plain.description ?? "")),
    ),
  );
}

/** @param {Node[]} rows */
function table(rows) {
  return element("div", { class: "scroll" }, element("table", {}, element("tbody", {}, rows)));
}

/** @param {string} name @param {...(Node | null)} parts */
function folded(name, ...parts) {
  return element("details", {}, element("summary", {}, name), parts);
}

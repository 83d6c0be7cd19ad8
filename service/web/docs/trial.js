/** @file Try an endpoint: its parameters as fields, a body or a picture, and the answer as it came. */

import { choice } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { addressOf } from "../service.js";
import { choices, inWords, resolve, schemaOf } from "./schema.js";
import { text as words } from "./words.js";

const LONGEST = 20_000;
/** What a path's parameter may be, to begin with. @type {Record<string, string>} */
const FIRST = { name: "lenet5", layer: "conv2d_1", version: "5" };
const FIRST_KERNEL = "sobel_x";

/** @param {import("./endpoint.js").Endpoint} endpoint @param {import("./schema.js").Document} api */
export function trial({ path, method, operation }, api) {
  /** @type {Map<string, {input: HTMLInputElement | HTMLSelectElement, place: string}>} */
  const fields = new Map();
  const inputs = (operation.parameters ?? []).map((parameter) => {
    const input = field(parameter, path, api);
    fields.set(parameter.name, { input, place: parameter.in });
    return element("label", { class: "field" }, element("span", { class: "name" }, parameter.name), input);
  });
  const content = operation.requestBody?.content ?? {};
  const examples = content["application/json"]?.examples ?? {};
  const takesJson = "application/json" in content;
  const takesFiles = "multipart/form-data" in content;
  const text = element("textarea", { "aria-label": words("body_as_json"), spellcheck: "false" });
  const file = element("input", { type: "file", accept: "image/*" });
  const forms = Object.keys(operation.responses["200"]?.content ?? {}).filter(
    (type) => type !== "application/problem+json",
  );
  const accept = choice({
    name: "Accept",
    options: forms.map((form) => [form, form]),
    value: forms[0],
    onChange: () => {},
  });
  const answer = element("div", { class: "answer", role: "status" });
  let turn = 0;
  const names = Object.keys(examples);
  const fill = (/** @type {string} */ name) =>
    (text.value = JSON.stringify(examples[name]?.value ?? {}, null, 1).replace(/\n\s+(?=-?[\d.\]])/g, " "));
  if (names.length) fill(names[0]);

  async function run() {
    let address = path;
    const query = new URLSearchParams();
    for (const [name, { input, place }] of fields) {
      if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(name, input.value);
    }
    const picture = file.files?.[0];
    /** @type {RequestInit} */
    const request = { method, headers: forms.length > 1 ? { Accept: accept.select.value } : {} };
    if (picture) request.body = picture;
    else if (takesJson)
      Object.assign(request, {
        body: text.value,
        headers: { ...request.headers, "Content-Type": "application/json" },
      });
    if (picture)
      request.headers = { ...request.headers, "Content-Type": picture.type || "application/octet-stream" };
    turn += 1;
    const mine = turn;
    const shown = await fetch(addressOf(query.size ? `${address}?${query}` : address), request)
      .then(told)
      .catch((error) => [element("p", { class: "notice is-fault" }, String(error))]);
    if (mine === turn) put(answer, shown);
  }

  return element(
    "div",
    { class: "try" },
    inputs.length ? element("div", { class: "inputs" }, inputs) : null,
    names.length > 1
      ? choice({
          name: words("one_example"),
          options: names.map((name) => [name, examples[name].summary ?? name]),
          value: names[0],
          onChange: fill,
        }).element
      : null,
    takesJson ? text : null,
    takesFiles
      ? element("label", { class: "field" }, element("span", { class: "name" }, words("or_a_picture")), file)
      : null,
    element(
      "div",
      { class: "go" },
      element("button", { type: "button", class: "main", onclick: run }, words("try_it")),
      forms.length > 1 ? accept.element : null,
    ),
    answer,
  );
}

/** What came, to be shown. @param {Response} came @returns {Promise<Node[]>} */
async function told(came) {
  const type = came.headers.get("content-type") ?? "";
  const facts = [`${came.status}`, type, came.headers.get("server-timing") ?? ""]
    .filter(Boolean)
    .join(" · ");
  const line = element("p", { class: came.ok ? "note" : "notice is-fault" }, facts);
  if (type.startsWith("image/")) {
    const image = element("img", { alt: words("answer"), src: URL.createObjectURL(await came.blob()) });
    return [line, image];
  }
  if (!/json|text/.test(type))
    return [line, element("p", {}, words("bytes", { count: (await came.arrayBuffer()).byteLength }))];
  const body = await came.text();
  const written = type.includes("json")
    ? JSON.stringify(JSON.parse(body), null, 1).replace(
        /\n\s+(?=-?[\d.]+(e-?\d+)?,?\n|-?[\d.]+(e-?\d+)?$)/g,
        " ",
      )
    : body;
  const isLong = written.length > LONGEST;
  return [
    line,
    element(
      "pre",
      { tabindex: 0, "aria-label": words("answer") },
      isLong ? `${written.slice(0, LONGEST)}\n… ${words("characters", { count: body.length })}` : written,
    ),
  ];
}

/** @param {import("./schema.js").Parameter} parameter @param {string} path @param {import("./schema.js").Document} api */
function field(parameter, path, api) {
  const plain = resolve(schemaOf(parameter), api);
  const each = choices(plain, api).map((one) => one.enum ?? (one.const === undefined ? null : [one.const]));
  const values = each.flat();
  if (!values.includes(null))
    return element(
      "select",
      {},
      element("option", { value: "" }, plain.default ? `${plain.default} (${words("by_default")})` : ""),
      values.map((/** @type {string} */ value) => element("option", { value }, value)),
    );
  const known = path.startsWith("/kernels/") ? FIRST_KERNEL : FIRST[parameter.name];
  const first = parameter.in === "path" ? (known ?? "") : "";
  return element("input", {
    type: "text",
    value: first,
    placeholder: String(plain.default ?? values.find((value) => value) ?? hint(plain, api)),
  });
}

/** What to write in a field; that it is text goes without saying. @param {import("./schema.js").Schema} schema @param {import("./schema.js").Document} api */
function hint(schema, api) {
  return choices(schema, api)
    .map((one) => inWords(one, api))
    .filter((words) => words !== "string")
    .join(" | ");
}

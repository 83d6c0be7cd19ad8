/** @file The same as a call: what a panel shows, as curl and as Python, to copy or to run here. */

import { addressOf, send } from "../service.js";
import { copy } from "./clipboard.js";
import { segments } from "./controls.js";
import { element } from "./element.js";
import { faultWords } from "./fault.js";

const LONGEST_ANSWER = 4000;

/**
 * @typedef {object} Call
 * @property {"GET" | "POST"} method
 * @property {string} path with its query
 * @property {unknown} [json] the body
 * @property {string} [file] name of a picture that is sent instead
 * @property {string} [note] what else there is to ask for
 */

/**
 * @param {object} options
 * @param {import("../strings.js").Text} options.text
 * @param {() => Call} options.call
 * @param {() => Promise<Blob>} [options.picture] what the call's file holds, to save
 */
export function callDrawer({ text, call, picture }) {
  let language = "curl";
  let turn = 0;
  const code = element("pre", { tabindex: 0, "aria-label": text("call") });
  const answer = element("pre", { tabindex: 0, "aria-label": text("answer"), hidden: true });
  const note = element("p", { class: "note", hidden: true });
  const said = element("span", { role: "status", class: "note" });
  const run = element("button", { type: "button", onclick: ask }, text("run"));
  const drawer = element(
    "details",
    { class: "call", ontoggle: write },
    element("summary", {}, text("call")),
    element(
      "div",
      { class: "bar" },
      segments({
        name: text("language_of_call"),
        hideName: true,
        value: language,
        options: [
          ["curl", "curl"],
          ["python", "Python"],
        ],
        onChange: (value) => {
          language = value;
          write();
        },
      }).element,
      element(
        "button",
        { type: "button", onclick: () => copy(code.textContent ?? "", said, text) },
        text("copy"),
      ),
      run,
      picture ? element("button", { type: "button", onclick: save }, text("save_picture")) : null,
      said,
    ),
    code,
    note,
    answer,
  );

  function write() {
    turn += 1;
    if (!drawer.open) return;
    const asked = call();
    code.textContent = (language === "curl" ? asCurl : asPython)(asked);
    run.hidden = asked.file !== undefined;
    note.textContent = asked.note ?? "";
    note.hidden = !asked.note;
    answer.hidden = true;
  }

  async function save() {
    const address = URL.createObjectURL(await /** @type {() => Promise<Blob>} */ (picture)());
    element("a", { href: address, download: call().file ?? "picture.png" }).click();
    URL.revokeObjectURL(address);
  }

  async function ask() {
    turn += 1;
    const mine = turn;
    const { method, path, json } = call();
    const words = await send(method, path, json).then(
      (came) =>
        JSON.stringify(came, null, 1)
          .replace(/\n\s+(?=-?[\d.]+,?\n|-?[\d.]+$)/g, " ")
          .slice(0, LONGEST_ANSWER),
      (error) => faultWords(error, text),
    );
    if (mine !== turn) return;
    answer.textContent = words;
    answer.hidden = false;
  }

  return { element: drawer, write };
}

/** @param {Call} call */
function asCurl({ method, path, json, file }) {
  const address = `'${addressOf(path)}'`;
  if (file) return `curl -F image=@${file} ${address}`;
  return method === "GET" ? `curl ${address}` : `curl --json '${JSON.stringify(json)}' ${address}`;
}

/** @param {Call} call */
function asPython({ method, path, json, file }) {
  const address = JSON.stringify(addressOf(path));
  const head = "import json, urllib.request\n\n";
  if (file) {
    return `${head}with open(${JSON.stringify(file)}, "rb") as picture:\n    request = urllib.request.Request(\n        ${address}, picture.read(), {"Content-Type": "image/png"}\n    )\nprint(json.load(urllib.request.urlopen(request)))`;
  }
  if (method === "GET") return `${head}print(json.load(urllib.request.urlopen(${address})))`;
  const body = JSON.stringify(json)
    .replace(/\btrue\b/g, "True")
    .replace(/\bfalse\b/g, "False")
    .replace(/\bnull\b/g, "None");
  return `${head}body = ${body}\nrequest = urllib.request.Request(\n    ${address}, json.dumps(body).encode(), {"Content-Type": "application/json"}\n)\nprint(json.load(urllib.request.urlopen(request)))`;
}

/** @file Draw a digit: the answer, what the network sees, every layer, and any cell taken apart. */

import { readStrokes, writeStrokes } from "../arithmetic/strokes.js";
import { readChoice, readCount } from "../arithmetic/address.js";
import { inDrawing, reframed } from "../arithmetic/receptive-field.js";
import { sampleDigit } from "../arithmetic/sample-digits.js";
import { Newest } from "../newest.js";
import { callDrawer } from "../parts/call-drawer.js";
import { element, svg, symbol } from "../parts/element.js";
import { onPaper } from "../parts/ink.js";
import { pictureIntake } from "../parts/picture-intake.js";
import { ServiceError, featureMaps, model, models, predict, recognisers } from "../service.js";
import { session } from "../session.js";
import { CellInspector } from "./cell-inspector.js";
import { DrawingPad } from "./drawing-pad.js";
import { DRAWING_SIDE, drawnPicture, readyPixels } from "./drawn-picture.js";
import { NetworkView } from "./network.js";
import { PredictionView } from "./prediction.js";
import { PreparationView } from "./preparation.js";
import { pinFrom, pinTo } from "./pin.js";

const SAVED_SIDE = 280;

/** @type {import("../lab.js").View} */
export function open({ text, language, values, keep }) {
  let isPrepared = readChoice(values.get("prepare"), ["on", "off"]) === "on";
  let pin = pinFrom(values.get("pin"));
  let pinnedIn = readCount(values.get("network"), { least: 0, most: 99, fallback: 0 });
  /** @type {(NetworkView | null)[]} null where one cannot be shown */
  let networks = [];
  /** @type {import("../service.js").Steps | null} */
  let steps = null;
  const pad = new DrawingPad({ label: text("paper"), hint: text("draw_here"), onInk: () => drawn() });
  const answer = new PredictionView(text);
  const preparation = new PreparationView({
    text,
    isOn: isPrepared,
    onSwitch: (isOn) => ((isPrepared = isOn), drawn()),
  });
  const inspector = new CellInspector(text);
  const fault = element("p", { class: "notice is-fault", role: "alert", hidden: true });
  const shelf = element("div", { class: "networks" });
  const intake = pictureIntake(take);
  const call = callDrawer({
    text,
    picture: () => paper(),
    call: () => ({
      method: "POST",
      path: isPrepared ? "/feature-maps" : "/feature-maps?preprocess=none",
      file: "digit.png",
    }),
  });
  const newest = new Newest(recognise);
  inspector.onChannel = () => inspect(pin);

  const brush = element("input", {
    type: "range",
    min: 4,
    max: 16,
    step: 0.5,
    value: 9,
    "aria-label": text("brush"),
    oninput: () => ((pad.width = brush.valueAsNumber / 100), pad.changed()),
  });
  const view = element(
    "div",
    {
      class: "view digit-view",
      ...intake.target,
    },
    element("h2", { class: "unseen" }, text("view_digit")),
    element(
      "div",
      { class: "desk" },
      pad.element,
      element(
        "div",
        { class: "pad-tools" },
        element(
          "button",
          { type: "button", "aria-label": text("undo"), title: text("undo"), onclick: () => pad.undo() },
          symbol("undo"),
        ),
        element("button", { type: "button", onclick: () => pad.set([]) }, text("clear")),
        brush,
        element("button", { type: "button", onclick: () => intake.input.click() }, text("picture")),
        intake.input,
      ),
      element(
        "div",
        { class: "samples", role: "group", "aria-label": text("samples") },
        Array.from({ length: 10 }, (_, digit) =>
          element(
            "button",
            {
              type: "button",
              class: "quiet",
              "aria-label": text("sample", { digit }),
              onclick: () => pad.set(sampleDigit(digit)),
            },
            sampleIcon(digit),
          ),
        ),
      ),
      answer.element,
    ),
    element(
      "div",
      { class: "inside-view" },
      fault,
      preparation.element,
      shelf,
      inspector.element,
      call.element,
    ),
  );

  function drawn() {
    session.strokes = pad.strokes;
    newest.ask(null);
    remember();
  }

  function remember() {
    keep({
      ...(pad.strokes.length ? { ink: writeStrokes(pad.strokes) } : {}),
      ...(isPrepared ? {} : { prepare: "off" }),
      ...(pin ? { pin: pinTo(pin) } : {}),
      ...(pin && pinnedIn ? { network: pinnedIn } : {}),
    });
  }

  /** One request after another: the answer first, then the maps of each network. */
  async function recognise() {
    if (pad.isEmpty) return blank();
    try {
      const preprocess = isPrepared ? "auto" : "none";
      const picture = drawnPicture(pad, { isPrepared, size: await defaultSize() });
      const prediction = await predict(picture, { preprocess });
      if (pad.isEmpty) return blank();
      answer.show(prediction);
      steps = isPrepared ? (prediction.prepared?.steps ?? null) : null;
      preparation.show(steps, isPrepared);
      const input = await readyPixels(prediction.prepared?.image ?? "");
      for (const network of networks) if (network) await look(network, input);
      point(networks[pinnedIn], pin);
      await inspect(pin);
      fault.hidden = true;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      fault.textContent = error.message;
      fault.hidden = false;
    }
  }

  /** Show the layers of one network; what it cannot show is its own fault. @param {NetworkView} network @param {number[][]} input */
  async function look(network, input) {
    const name = network.element.dataset.model ?? "";
    const { size } = network;
    try {
      const picture = drawnPicture(pad, { isPrepared, size });
      const maps = await featureMaps(picture, { model: name, preprocess: isPrepared ? "auto" : "none" });
      network.show(maps, reframed(input, size));
      network.fail("");
    } catch (error) {
      network.fail(text("network_failed", { reason: reasonOf(error) }));
    }
  }

  /** Height and width of what the default network takes: without preparation it wants no other. */
  async function defaultSize() {
    const { default: name, models: served } = await models();
    const [height, width] = (await model(name ?? served[0].name)).input_shape;
    return /** @type {[number, number]} */ ([height, width]);
  }

  /** The file that was chosen, or the drawing as one. */
  async function paper() {
    if (pad.picture && session.file) return session.file;
    return onPaper(pad.strokes, { side: SAVED_SIDE, width: pad.width }).convertToBlob();
  }

  function blank() {
    steps = null;
    answer.show(null);
    preparation.show(null, isPrepared);
    networks.forEach((network) => network?.clear());
    inspector.show(null, "", null);
  }

  /** @param {NetworkView | null | undefined} view @param {import("./network.js").Pin | null} shown */
  function point(view, shown) {
    if (!shown || !view || !steps) return pad.mark(null);
    const seen = view.chain(shown).at(-1);
    if (seen?.layer !== 0) return pad.mark(null);
    const place = inDrawing(seen.region, steps, view.size);
    const [wide, high] = pad.picture ? [pad.picture.width, pad.picture.height] : [DRAWING_SIDE, DRAWING_SIDE];
    const side = Math.max(wide, high);
    pad.mark(
      place && {
        top: place.top / side,
        left: place.left / side,
        height: place.height / side,
        width: place.width / side,
      },
    );
  }

  /** @param {import("./network.js").Pin | null} chosen */
  async function inspect(chosen) {
    await inspector.show(networks[pinnedIn] ?? null, networks[pinnedIn]?.element.dataset.model ?? "", chosen);
  }

  async function furnish() {
    const served = await recognisers();
    const shown = await Promise.all(
      served.map(async ({ name, version }, index) => {
        try {
          const view = viewOf({ ...(await model(name)), version }, index);
          return { view, section: view.element };
        } catch (error) {
          const reason = text("network_failed", { reason: reasonOf(error) });
          const notice = element("p", { class: "notice is-fault", role: "alert" }, reason);
          return { view: null, section: element("section", { class: "network", "aria-label": name }, notice) };
        }
      }),
    );
    networks = shown.map(({ view }) => view);
    shelf.append(...shown.map(({ section }) => section));
    if (!pad.isEmpty) newest.ask(null);
  }

  /** @param {Awaited<ReturnType<typeof model>> & {version: string}} network @param {number} index */
  function viewOf(network, index) {
    const view = new NetworkView({
      text,
      language,
      network,
      onPoint: (shown) => point(view, shown),
      onPin: (chosen) => {
        [pin, pinnedIn] = [chosen, index];
        networks.filter((other) => other !== view).forEach((other) => other?.release());
        point(view, pin);
        remember();
        inspect(pin);
      },
    });
    view.element.dataset.model = network.name;
    view.pinned = index === pinnedIn ? pin : null;
    return view;
  }

  /** @param {Blob} blob */
  async function take(blob) {
    try {
      const picture = await createImageBitmap(blob);
      session.file = blob;
      pad.set([], picture);
    } catch {
      fault.textContent = text("no_picture");
      fault.hidden = false;
    }
  }

  const ink = readStrokes(values.get("ink"));
  pad.set(ink.length ? ink : session.strokes);
  furnish();
  return view;
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof ServiceError ? error.message : String(error);
}

/** @param {number} digit */
function sampleIcon(digit) {
  const paths = sampleDigit(digit).map((stroke) =>
    svg("polyline", {
      points: stroke.map(({ x, y }) => `${(x * 24).toFixed(1)},${(y * 24).toFixed(1)}`).join(" "),
    }),
  );
  return svg("svg", { class: "symbol", viewBox: "4 2 16 20", "aria-hidden": "true" }, paths);
}

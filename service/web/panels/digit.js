/** @file Draw a digit: the answer, what the network sees, every layer, and any cell taken apart. */

import { readChoice, readCount } from "../arithmetic/address.js";
import { inDrawing } from "../arithmetic/receptive-field.js";
import { sampleDigit } from "../arithmetic/sample-digits.js";
import { BRUSH } from "../drawing.js";
import { Newest } from "../newest.js";
import { callDrawer } from "../parts/call-drawer.js";
import { element, svg, symbol } from "../parts/element.js";
import { Fault } from "../parts/fault.js";
import { onPaper } from "../parts/ink.js";
import { pictureIntake } from "../parts/picture-intake.js";
import { model, models, predict } from "../service.js";
import { choosePicture, session } from "../session.js";
import { CellInspector } from "./cell-inspector.js";
import { DrawingPad } from "./drawing-pad.js";
import { DRAWING_SIDE, drawnPicture, readyPixels } from "./drawn-picture.js";
import { NetworkShelf } from "./network-shelf.js";
import { PredictionView } from "./prediction.js";
import { PreparationView } from "./preparation.js";
import { pinFrom, pinTo } from "./pin.js";

const SAVED_SIDE = 280;

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  const { drawing } = session;
  drawing.read(values);
  const isOfFile = values.get("source") === "file";
  if (isOfFile && !drawing.picture && session.picture) drawing.set([], session.picture);
  let isPrepared = readChoice(values.get("prepare"), ["on", "off"]) === "on";
  /** @type {import("../service.js").Steps | null} */
  let steps = null;
  const pad = new DrawingPad({
    text,
    drawing,
    hint: isOfFile && drawing.isEmpty ? "picture_not_sent" : "draw_here",
    onStroke: () => intake.forget(),
    onInk: () => drawn(),
  });
  const answer = new PredictionView(text);
  const preparation = new PreparationView({
    text,
    isOn: isPrepared,
    onSwitch: (isOn) => ((isPrepared = isOn), drawn()),
  });
  const inspector = new CellInspector({
    text,
    channel: readCount(values.get("map"), { least: 0, most: 9999, fallback: 0 }),
    onChannel: () => (remember(), inspect()),
    onKey: (key) => shelf.pin && shelf.pinned?.move(shelf.pin.layer, key),
  });
  const shelf = new NetworkShelf({
    text,
    pin: pinFrom(values.get("pin")),
    pinnedIn: readCount(values.get("network"), { least: 0, most: 99, fallback: 0 }),
    onPoint: point,
    onPin: () => {
      point(shelf.pinned, shelf.pin);
      remember();
      inspect();
    },
    onLoad: () => {
      call.write();
      if (shelf.names.length > 1) answer.own(shelf.first);
      if (!drawing.isEmpty) newest.ask(null);
    },
  });
  const fault = new Fault(text, () => {
    blank();
    answer.fail();
  });
  const intake = pictureIntake({
    text,
    onPicture: (picture) => {
      choosePicture(picture);
      drawing.set([], picture);
      pad.changed();
    },
    onRefusal: () => {
      if (!drawing.isEmpty) drawing.set([]);
      pad.changed();
    },
  });
  const call = callDrawer({
    text,
    picture: () => paper(),
    call: () => {
      const { asked, others } = shelf;
      const query = new URLSearchParams({
        ...(asked ? { model: asked } : {}),
        ...(isPrepared ? {} : { preprocess: "none" }),
      });
      return {
        method: "POST",
        path: ["/feature-maps", String(query)].filter(Boolean).join("?"),
        file: "digit.png",
        note: others.length ? text("call_of_first", { first: shelf.first, others: others.join(", ") }) : "",
      };
    },
  });
  const newest = new Newest(recognise, fault);

  const brush = element("input", {
    type: "range",
    min: BRUSH.least,
    max: BRUSH.most,
    step: BRUSH.step,
    value: drawing.brush,
    "aria-label": text("brush"),
    oninput: () => ((drawing.brush = brush.valueAsNumber), pad.changed()),
  });

  /** @param {() => void} change to the drawing */
  const changing = (change) => () => (intake.forget(), change(), pad.changed());
  const view = element(
    "div",
    { class: "view digit-view" },
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
          {
            type: "button",
            "aria-label": text("undo"),
            title: text("undo"),
            onclick: changing(() => drawing.undo()),
          },
          symbol("undo"),
        ),
        element("button", { type: "button", onclick: changing(() => drawing.isEmpty || drawing.set([])) }, text("clear")),
        brush,
        element("button", { type: "button", onclick: intake.choose }, text("picture")),
        intake.element,
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
              onclick: changing(() => drawing.set(sampleDigit(digit))),
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
      intake.fault.element,
      fault.element,
      preparation.element,
      shelf.element,
      inspector.element,
      call.element,
    ),
  );

  function drawn() {
    brush.value = String(drawing.brush);
    newest.ask(null);
    remember();
  }

  function remember() {
    const { pin, pinnedIn } = shelf;
    call.write();
    keep({
      ...drawing.values(),
      ...(drawing.picture ? { source: "file" } : {}),
      ...(isPrepared ? {} : { prepare: "off" }),
      ...(pin ? { pin: pinTo(pin) } : {}),
      ...(pin && pinnedIn ? { network: pinnedIn } : {}),
      ...(pin && inspector.channel ? { map: inspector.channel } : {}),
    });
  }

  /** One request after another: the answer first, then the maps of each network. */
  async function recognise() {
    if (drawing.isEmpty) return blank();
    const preprocess = isPrepared ? "auto" : "none";
    const picture = drawnPicture(drawing, { isPrepared, size: await defaultSize() });
    const prediction = await predict(picture, { preprocess, include: "prepared" });
    if (drawing.isEmpty) return blank();
    answer.show(prediction);
    steps = isPrepared ? (prediction.prepared?.steps ?? null) : null;
    preparation.show(steps, isPrepared);
    const input = await readyPixels(prediction.prepared?.image ?? "");
    const isLater = await shelf.look(drawing, isPrepared, input, prediction);
    point(shelf.pinned, shelf.pin);
    await inspect();
    return isLater;
  }

  /** Height and width of what the default network takes: without preparation it wants no other. */
  async function defaultSize() {
    const { default: name, models: served } = await models();
    const [height, width] = (await model(name ?? served[0].name)).input_shape;
    return /** @type {[number, number]} */ ([height, width]);
  }

  /** The file that was chosen, or the drawing as one. */
  async function paper() {
    const { picture, strokes } = drawing;
    return picture?.file ?? onPaper(strokes, { side: SAVED_SIDE, width: drawing.brush / 100 }).convertToBlob();
  }

  function blank() {
    steps = null;
    pad.mark(null);
    answer.show(null);
    preparation.show(null, isPrepared);
    shelf.clear();
    inspector.show(null, null);
  }

  /** @param {import("./network.js").NetworkView | null} view @param {import("./network.js").Pin | null} shown */
  function point(view, shown) {
    if (!shown || !view || !steps) return pad.mark(null);
    const seen = view.chain(shown).at(-1);
    if (seen?.layer !== 0) return pad.mark(null);
    const place = inDrawing(seen.region, steps, view.size);
    const { width, height } = drawing.picture?.bitmap ?? { width: DRAWING_SIDE, height: DRAWING_SIDE };
    const side = Math.max(width, height);
    pad.mark(
      place && {
        top: place.top / side,
        left: place.left / side,
        height: place.height / side,
        width: place.width / side,
      },
    );
  }

  async function inspect() {
    await inspector.show(shelf.pinned, shelf.pin);
  }

  drawn();
  return view;
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

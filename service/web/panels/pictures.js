/** @file A kernel over a whole picture: the drawing, a sample, or any file; signed values shown as they are. */

import { readChoice, readMatrix, writeMatrix } from "../arithmetic/address.js";
import { magnitude } from "../arithmetic/colour-scale.js";
import { replaced } from "../arithmetic/matrix.js";
import { tight, written } from "../arithmetic/numerals.js";
import { sampleDigit } from "../arithmetic/sample-digits.js";
import { Newest } from "../newest.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, segments, tick } from "../parts/controls.js";
import { element } from "../parts/element.js";
import { Fault } from "../parts/fault.js";
import { ink, turnGrey } from "../parts/ink.js";
import { NumberGrid } from "../parts/number-grid.js";
import { pictureIntake } from "../parts/picture-intake.js";
import { paintScene } from "../parts/scene.js";
import { convolvePicture, presets } from "../service.js";
import { choosePicture, session } from "../session.js";
import { frame, loading } from "./frame.js";
import { PictureResult } from "./picture-result.js";

const SIDE = 160;
const SOURCES = /** @type {const} */ (["scene", "drawing", "file"]);
const OPERATIONS = /** @type {const} */ (["convolution", "cross_correlation"]);

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  return loading(text, presets, ({ kernels }) => {
    const { drawing } = session;
    let source = readChoice(values.get("source"), SOURCES);
    if (source === "drawing") drawing.read(values);
    let operation = readChoice(values.get("operation"), OPERATIONS);
    const custom = readMatrix(values.get("kernel"), { most: 7 });
    const named = kernels.find((one) => one.name === (values.get("kernel") ?? "sobel_x")) ?? kernels[0];
    let [kernelName, kernel] = custom ? ["custom", custom] : [named.name, named.matrix];
    let isGrey = values.get("colour") !== "on";
    let isSummed = values.get("sum") === "on";
    const canvas = element("canvas", { class: "map picture", role: "img", "aria-label": text("picture_before") });
    const before = element("figure", {}, element("figcaption", {}, element("b", {}, text("input"))), canvas);
    const pen = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { willReadFrequently: true })
    );
    const result = new PictureResult(text);
    const fault = new Fault(text, () => result.clear());
    const intake = pictureIntake({
      text,
      onPicture: (picture) => {
        choosePicture(picture);
        source = "file";
        draw();
      },
      onRefusal: () => {
        source = "file";
        draw();
      },
    });
    const isRefused = () => !intake.fault.element.hidden;
    const newest = new Newest(filter, fault);
    const sources = segments({
      name: text("source"),
      options: [
        ["scene", text("scene")],
        ["drawing", text("drawing")],
        ["file", text("picture")],
      ],
      value: source,
      onChange: (value) => {
        intake.forget();
        source = readChoice(value, SOURCES);
        if (source === "file" && !session.picture) intake.choose();
        draw();
      },
    });
    const chooser = element("button", { type: "button", onclick: intake.choose }, text("choose_picture"));
    const grid = new NumberGrid({
      label: text("kernel"),
      name: (row, column) => text("row_column", { row, column }),
      onEdit: (row, column, value) => {
        [kernelName, kernel] = ["custom", replaced(kernel, row, column, value)];
        change();
      },
    });
    const names = choice({
      name: text("kernel"),
      options: [
        ...kernels.map((one) => /** @type {const} */ ([one.name, one.name])),
        ["custom", text("custom")],
      ],
      value: kernelName,
      onChange: (name) => {
        const preset = kernels.find((one) => one.name === name);
        [kernelName, kernel] = [name, preset?.matrix ?? kernel];
        change();
      },
    });
    const note = element("p", { class: "note" });
    const summing = tick({
      name: text("sum_channels"),
      value: isSummed,
      onChange: (value) => ((isSummed = value), change()),
    });
    const parameters = () => ({
      kernel: kernelName === "custom" ? kernel : kernelName,
      operation,
      padding: "same",
      padding_mode: "replicate",
      ...(isSummed && !isGrey ? { groups: 1 } : {}),
    });
    const call = callDrawer({
      text,
      picture,
      call: () => {
        const query = Object.entries(parameters()).map(([name, value]) => [
          name,
          typeof value === "object" ? JSON.stringify(value) : String(value),
        ]);
        return { method: "POST", path: `/convolve?${new URLSearchParams(query)}`, file: "picture.png" };
      },
    });

    function change() {
      const limit = 1.35 * magnitude(kernel.flat());
      grid.show(
        kernel.map((line, y) =>
          line.map((value, x) => ({
            value,
            text: tight(value, 3),
            limit,
            edits: [y, x],
          })),
        ),
      );
      names.select.value = kernelName;
      sources.choose(source);
      chooser.hidden = source !== "file";
      summing.hidden = isGrey;
      const sum = kernel.flat().reduce((total, value) => total + value, 0);
      note.textContent = text("kernel_sum", { sum: written(sum, 3) });
      keep({
        ...(source === "scene" ? {} : { source }),
        ...(source === "drawing" ? drawing.values() : {}),
        ...(kernelName === "sobel_x"
          ? {}
          : { kernel: kernelName === "custom" ? writeMatrix(kernel) : kernelName }),
        ...(operation === "convolution" ? {} : { operation }),
        ...(isGrey ? {} : { colour: "on" }),
        ...(isSummed ? { sum: "on" } : {}),
      });
      call.write();
      newest.ask(null);
    }

    /** The picture in its own shape: what is added to make it square would have edges of its own. */
    function draw() {
      const bitmap = source === "file" && !isRefused() ? session.picture?.bitmap : null;
      const share = SIDE / Math.max(bitmap?.width ?? SIDE, bitmap?.height ?? SIDE);
      canvas.width = Math.max(1, Math.round((bitmap?.width ?? SIDE) * share));
      canvas.height = Math.max(1, Math.round((bitmap?.height ?? SIDE) * share));
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      if (bitmap) pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      else if (source === "scene") paintScene(pen, SIDE);
      else if (source === "drawing") {
        const strokes = drawing.strokes.length ? drawing.strokes : sampleDigit(3);
        ink(pen, strokes, { side: SIDE, width: drawing.brush / 100, colour: "#000" });
      }
      if (isGrey) turnGrey(pen);
      canvas.style.width = `calc(${canvas.width} * var(--pixel))`;
      change();
    }

    /** @returns {Promise<Blob>} */
    function picture() {
      return new Promise((resolve) => canvas.toBlob((blob) => resolve(/** @type {Blob} */ (blob))));
    }

    async function filter() {
      const isWithout = source === "file" && (isRefused() || !session.picture);
      before.hidden = isWithout;
      if (isWithout) return result.clear(isRefused() ? "" : text("no_file_yet"));
      const how = { isGrey, kernel };
      const { values: numbers, shape } = await convolvePicture(await picture(), parameters());
      result.show(numbers, shape, how);
    }

    const view = frame({
      text,
      title: "view_pictures",
      settings: [
        sources.element,
        intake.element,
        chooser,
        segments({
          name: text("operation"),
          options: [
            ["convolution", text("convolution")],
            ["cross_correlation", text("cross_correlation")],
          ],
          value: operation,
          onChange: (value) => ((operation = readChoice(value, OPERATIONS)), change()),
        }).element,
        names.element,
        element("div", { class: "kernel-here" }, grid.element),
        note,
        tick({ name: text("as_grey"), value: isGrey, onChange: (value) => ((isGrey = value), draw()) }),
        summing,
      ],
      stage: [
        intake.fault.element,
        fault.element,
        element(
          "div",
          { class: "pictures" },
          before,
          result.element,
        ),
        result.scale,
        result.readout,
        call.element,
      ],
    });
    draw();
    return view;
  });
}

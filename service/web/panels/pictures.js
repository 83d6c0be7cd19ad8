/** @file A kernel over a whole picture: the drawing, a sample, or any file; signed values shown as they are. */

import { readChoice, readMatrix, writeMatrix } from "../arithmetic/address.js";
import { magnitude } from "../arithmetic/colour-scale.js";
import { written } from "../arithmetic/numerals.js";
import { sampleDigit } from "../arithmetic/sample-digits.js";
import { Newest } from "../newest.js";
import { callDrawer } from "../parts/call-drawer.js";
import { choice, segments, tick } from "../parts/controls.js";
import { element, put } from "../parts/element.js";
import { ink, turnGrey } from "../parts/ink.js";
import { NumberGrid } from "../parts/number-grid.js";
import { pictureIntake } from "../parts/picture-intake.js";
import { paintScene } from "../parts/scene.js";
import { ServiceError, convolvePicture, presets } from "../service.js";
import { session } from "../session.js";
import { PictureResult } from "./picture-result.js";

const SIDE = 160;
const SOURCES = /** @type {const} */ (["scene", "drawing", "file"]);
const OPERATIONS = /** @type {const} */ (["convolution", "cross_correlation"]);

/** @type {import("../lab.js").View} */
export function open({ text, values, keep }) {
  let source = readChoice(values.get("source"), SOURCES);
  let operation = readChoice(values.get("operation"), OPERATIONS);
  let kernelName = values.get("kernel") ?? "sobel_x";
  let kernel = readMatrix(values.get("kernel"), { most: 7 });
  let isGrey = values.get("colour") !== "on";
  let isSummed = values.get("sum") === "on";
  const canvas = element("canvas", {
    class: "map picture",
    width: SIDE,
    height: SIDE,
    role: "img",
    "aria-label": text("picture_before"),
  });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
  const result = new PictureResult(text);
  const fault = element("p", { class: "notice is-fault", role: "alert", hidden: true });
  const note = element("p", { class: "note" });
  const intake = pictureIntake(take);
  const newest = new Newest(filter);
  const view = element("div", { class: "view", ...intake.target });
  /** @type {ImageBitmap | null} */
  let chosen = null;
  presets().then(
    ({ kernels }) => furnish(kernels),
    (error) => put(view, element("p", { class: "notice is-fault" }, error.message)),
  );

  /** @param {import("../service.js").Preset[]} kernels */
  function furnish(kernels) {
    const grid = new NumberGrid({
      label: text("kernel"),
      name: (row, column) => text("row_column", { row, column }),
      onEdit: edit,
    });
    const names = choice({
      name: text("kernel"),
      options: [
        ...kernels.map((one) => /** @type {const} */ ([one.name, one.name])),
        ["custom", text("custom")],
      ],
      value: kernel ? "custom" : kernelName,
      onChange: pick,
    });
    const call = callDrawer({
      text,
      picture,
      call: () => ({
        method: "POST",
        path: `/convolve?kernel=${kernels.some((one) => one.name === kernelName) ? kernelName : "sobel_x"}&operation=${operation}`,
        file: "picture.png",
      }),
    });

    /** @param {string} name */
    function pick(name) {
      const preset = kernels.find((one) => one.name === name);
      if (preset) [kernel, kernelName] = [preset.matrix, name];
      change();
    }

    /** @param {number} row @param {number} column @param {number} value */
    function edit(row, column, value) {
      kernel = (kernel ?? [[1]]).map((line, y) =>
        line.map((old, x) => (y === row && x === column ? value : old)),
      );
      kernelName = "custom";
      names.select.value = "custom";
      change();
    }

    function change() {
      const now = kernel ?? [[1]];
      const limit = 1.35 * magnitude(now.flat());
      grid.show(
        now.map((line, y) =>
          line.map((value, x) => ({
            value,
            text: written(value, 3).replace(/^(−?)0\./, "$1."),
            limit,
            edits: [y, x],
          })),
        ),
      );
      const sum = now.flat().reduce((total, value) => total + value, 0);
      note.textContent = text("kernel_sum", { sum: Number(sum.toFixed(3)) });
      keep({
        ...(source === "drawing" ? { source } : {}),
        ...(kernelName === "sobel_x"
          ? {}
          : { kernel: kernelName === "custom" ? writeMatrix(now) : kernelName }),
        ...(operation === "convolution" ? {} : { operation }),
        ...(isGrey ? {} : { colour: "on" }),
        ...(isSummed ? { sum: "on" } : {}),
      });
      call.write();
      newest.ask(null);
    }

    function draw() {
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, SIDE, SIDE);
      if (source === "scene") paintScene(pen, SIDE);
      else if (source === "drawing")
        ink(pen, session.strokes.length ? session.strokes : sampleDigit(3), {
          side: SIDE,
          width: 0.09,
          colour: "#000",
        });
      else if (chosen) {
        const share = SIDE / Math.max(chosen.width, chosen.height);
        pen.drawImage(chosen, 0, 0, chosen.width * share, chosen.height * share);
      }
      if (isGrey) turnGrey(pen, SIDE);
      change();
    }
    redraw = draw;

    if (!kernel) {
      const preset = kernels.find((one) => one.name === kernelName) ?? kernels[0];
      [kernel, kernelName] = [preset.matrix, preset.name];
    } else kernelName = "custom";
    put(
      view,
      element("h2", { class: "unseen" }, text("view_pictures")),
      element(
        "div",
        { class: "split" },
        element(
          "div",
          { class: "rail" },
          segments({
            name: text("source"),
            options: [
              ["scene", text("scene")],
              ["drawing", text("drawing")],
              ["file", text("picture")],
            ],
            value: source,
            onChange: (value) => choose(readChoice(value, SOURCES)),
          }),
          intake.input,
          segments({
            name: text("operation"),
            options: [
              ["convolution", text("convolution")],
              ["cross_correlation", text("cross_correlation")],
            ],
            value: operation,
            onChange: (value) => ((operation = readChoice(value, OPERATIONS)), change()),
          }),
          names.element,
          element("div", { class: "kernel-here" }, grid.element),
          note,
          tick({ name: text("as_grey"), value: isGrey, onChange: (value) => ((isGrey = value), draw()) }),
          tick({
            name: text("sum_channels"),
            value: isSummed,
            onChange: (value) => ((isSummed = value), change()),
          }),
        ),
        element(
          "div",
          { class: "theatre" },
          fault,
          element(
            "div",
            { class: "pictures" },
            element("figure", {}, element("figcaption", {}, element("b", {}, text("input"))), canvas),
            element(
              "figure",
              {},
              element("figcaption", {}, element("b", {}, text("output"))),
              result.element,
            ),
          ),
          result.scale.element,
          result.readout,
          call.element,
        ),
      ),
    );
    draw();
  }

  let redraw = () => {};

  /** @param {(typeof SOURCES)[number]} value */
  function choose(value) {
    source = value;
    if (value === "file" && !chosen) intake.input.click();
    redraw();
  }

  /** @returns {Promise<Blob>} */
  function picture() {
    return new Promise((resolve) => canvas.toBlob((blob) => resolve(/** @type {Blob} */ (blob))));
  }

  async function filter() {
    try {
      const blob = await picture();
      const parameters = {
        kernel,
        operation,
        padding: "same",
        padding_mode: "replicate",
        ...(isSummed && !isGrey ? { groups: 1 } : {}),
      };
      const { values: numbers, shape } = await convolvePicture(blob, parameters);
      const cell = result.show(numbers, shape, { isGrey });
      canvas.style.width = `${cell * SIDE}px`;
      fault.hidden = true;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      fault.textContent = error.message;
      fault.hidden = false;
    }
  }

  /** @param {Blob} blob */
  async function take(blob) {
    chosen = await createImageBitmap(blob).catch(() => null);
    if (!chosen) {
      fault.textContent = text("no_picture");
      fault.hidden = false;
      return;
    }
    source = "file";
    redraw();
  }

  return view;
}

/** @file Signed numbers as colours: blue below zero, red above, zero neutral; as the service's pictures have it. */

/** @typedef {"light" | "dark"} Theme */

/** @type {Record<Theme, [number, [number, number, number]][]>} */
const ANCHORS = {
  light: [
    [-1, [5, 48, 97]],
    [-0.75, [33, 102, 172]],
    [-0.5, [67, 147, 195]],
    [-0.25, [146, 197, 222]],
    [0, [247, 247, 247]],
    [0.25, [244, 165, 130]],
    [0.5, [214, 96, 77]],
    [0.75, [178, 24, 43]],
    [1, [103, 0, 31]],
  ],
  dark: [
    [-1, [190, 222, 255]],
    [-0.5, [74, 144, 217]],
    [-0.2, [32, 66, 106]],
    [0, [34, 36, 40]],
    [0.2, [104, 46, 38]],
    [0.5, [219, 98, 72]],
    [1, [255, 214, 190]],
  ],
};

const STEPS = 127;
/** Where black and white text stand out equally, 4.6 : 1. */
const EVEN_LUMINANCE = 0.179;

/** @type {Record<Theme, Uint8ClampedArray>} */
const TABLES = { light: table(ANCHORS.light), dark: table(ANCHORS.dark) };

/**
 * Write the colour of a number into RGBA pixels.
 * @param {Uint8ClampedArray} pixels
 * @param {number} at index of the pixel's first byte
 * @param {number} value
 * @param {number} limit the magnitude of the strongest colours
 * @param {Theme} theme
 */
export function paint(pixels, at, value, limit, theme) {
  const share = limit ? Math.max(-1, Math.min(1, value / limit)) : 0;
  const from = (Math.round(share * STEPS) + STEPS) * 3;
  const colours = TABLES[theme];
  pixels[at] = colours[from];
  pixels[at + 1] = colours[from + 1];
  pixels[at + 2] = colours[from + 2];
  pixels[at + 3] = 255;
}

/**
 * The colour of a number, for style sheets; with a colour of text that is legible on it.
 * @param {number} value
 * @param {number} limit
 * @param {Theme} theme
 * @returns {{background: string, text: string}}
 */
export function colour(value, limit, theme) {
  const pixel = new Uint8ClampedArray(4);
  paint(pixel, 0, value, limit, theme);
  const [red, green, blue] = pixel;
  const light = 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  return { background: `rgb(${red} ${green} ${blue})`, text: light > EVEN_LUMINANCE ? "#000000" : "#ffffff" };
}

/**
 * The largest magnitude among numbers.
 * @param {Iterable<number>} values
 */
export function magnitude(values) {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** @param {number} channel 0 to 255 */
function linear(channel) {
  const share = channel / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

/** @param {[number, [number, number, number]][]} anchors */
function table(anchors) {
  const colours = new Uint8ClampedArray((2 * STEPS + 1) * 3);
  for (let step = -STEPS; step <= STEPS; step += 1) {
    const place = step / STEPS;
    const upper = Math.max(
      1,
      anchors.findIndex(([at]) => at >= place),
    );
    const [[from, low], [to, high]] = [anchors[upper - 1], anchors[upper]];
    const share = (place - from) / (to - from);
    for (let channel = 0; channel < 3; channel += 1) {
      colours[(step + STEPS) * 3 + channel] = low[channel] + share * (high[channel] - low[channel]);
    }
  }
  return colours;
}

/** @file A drawing as strokes: points of a grid between 0 and 1, as an address has them. */

/** @typedef {{x: number, y: number}} Point */
/** @typedef {Point[]} Stroke */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const GRID = 64 * 64 - 1;
export const MOST_POINTS = 4000;

/** The nearest point that an address can name. @param {Point} point @returns {Point} */
export function snapped({ x, y }) {
  return { x: step(x) / GRID, y: step(y) / GRID };
}

/**
 * Leave out points that a straight line says as well (Ramer, Douglas and Peucker).
 * @param {Stroke} stroke
 * @param {number} tolerance
 * @returns {Stroke}
 */
export function simplify(stroke, tolerance = 0.004) {
  if (stroke.length < 3) return stroke;
  const first = stroke[0];
  const last = stroke[stroke.length - 1];
  let worst = 0;
  let at = 0;
  for (let index = 1; index < stroke.length - 1; index += 1) {
    const off = distance(stroke[index], first, last);
    if (off > worst) [worst, at] = [off, index];
  }
  if (worst <= tolerance) return [first, last];
  return [
    ...simplify(stroke.slice(0, at + 1), tolerance).slice(0, -1),
    ...simplify(stroke.slice(at), tolerance),
  ];
}

/**
 * Four letters a point, strokes between dots.
 * @param {readonly Stroke[]} strokes
 */
export function writeStrokes(strokes) {
  return strokes.map((stroke) => stroke.map(({ x, y }) => digits(x) + digits(y)).join("")).join(".");
}

/**
 * @param {string | undefined} text
 * @returns {Stroke[]} none when it is not what `writeStrokes` writes
 */
export function readStrokes(text) {
  if (!text || !/^[\w.-]*$/.test(text) || text.length > 5 * MOST_POINTS) return [];
  return text
    .split(".")
    .filter((part) => part.length && part.length % 4 === 0)
    .map((part) =>
      Array.from({ length: part.length / 4 }, (_, index) => ({
        x: fraction(part.slice(4 * index, 4 * index + 2)),
        y: fraction(part.slice(4 * index + 2, 4 * index + 4)),
      })),
    );
}

/** @param {number} share */
function step(share) {
  return Math.round(Math.min(1, Math.max(0, share)) * GRID);
}

/** @param {number} share */
function digits(share) {
  return ALPHABET[step(share) >> 6] + ALPHABET[step(share) & 63];
}

/** @param {string} letters */
function fraction(letters) {
  return (ALPHABET.indexOf(letters[0]) * 64 + ALPHABET.indexOf(letters[1])) / GRID;
}

/** @param {Point} point @param {Point} from @param {Point} to */
function distance(point, from, to) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  if (!length) return Math.hypot(point.x - from.x, point.y - from.y);
  const along = Math.min(1, Math.max(0, ((point.x - from.x) * dx + (point.y - from.y) * dy) / length ** 2));
  return Math.hypot(point.x - from.x - along * dx, point.y - from.y - along * dy);
}

/** @file Ten digits to begin with, drawn for this page: centre lines as points in a square of 100. */

/** @type {[number, number][][][]} */
const LINES = [
  [ring(50, 50, 20, 31, -80, 285)],
  [
    [
      [46, 27],
      [52, 20],
      [51, 50],
      [50, 80],
    ],
  ],
  [[...ring(49, 36, 18, 17, 200, 395), [38, 66], [29, 79], [72, 78]]],
  [[...ring(48, 34, 17, 15, 215, 440), ...ring(48, 65, 20, 16, -80, 140)]],
  [
    [
      [56, 18],
      [30, 60],
      [74, 60],
    ],
    [
      [60, 42],
      [59, 83],
    ],
  ],
  [[[68, 20], [38, 21], [35, 46], ...ring(48, 61, 19, 18, -115, 150)]],
  [[[60, 18], [42, 38], [34, 58], ...ring(50, 63, 16, 17, 180, 530)]],
  [
    [
      [30, 22],
      [71, 22],
      [58, 48],
      [47, 81],
    ],
  ],
  [[...ring(50, 35, 14, 14, 90, 270), ...ring(50, 35, 14, 14, 270, 450), ...ring(50, 65, 17, 16, -90, 270)]],
  [[...ring(49, 37, 17, 17, 0, -330), [66, 34], [64, 58], [56, 82]]],
];

/**
 * A digit as strokes.
 * @param {number} digit
 * @returns {import("./strokes.js").Stroke[]}
 */
export function sampleDigit(digit) {
  return LINES[digit].map((line) => line.map(([x, y]) => ({ x: x / 100, y: y / 100 })));
}

/**
 * Part of an ellipse, in steps of at most 15 degrees.
 * @param {number} x @param {number} y @param {number} across @param {number} down
 * @param {number} from degrees, 0 to the right, clockwise @param {number} to
 * @returns {[number, number][]}
 */
function ring(x, y, across, down, from, to) {
  const steps = Math.ceil(Math.abs(to - from) / 15);
  return Array.from({ length: steps + 1 }, (_, step) => {
    const angle = ((from + ((to - from) * step) / steps) * Math.PI) / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
}

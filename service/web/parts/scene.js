/** @file A small picture to filter, painted here: even surfaces, edges in every direction, a fine texture. */

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {number} side
 */
export function paintScene(pen, side) {
  pen.save();
  pen.scale(side / 160, side / 160);
  const sky = pen.createLinearGradient(0, 0, 0, 100);
  sky.addColorStop(0, "#3f78b5");
  sky.addColorStop(1, "#d9e7ef");
  fill(pen, sky, () => pen.rect(0, 0, 160, 160));
  fill(pen, "#f3c64b", () => pen.arc(124, 34, 17, 0, 2 * Math.PI));
  fill(pen, "#6d8f5a", () =>
    polygon(pen, [
      [0, 104],
      [52, 72],
      [100, 104],
    ]),
  );
  fill(pen, "#54794a", () =>
    polygon(pen, [
      [60, 104],
      [116, 62],
      [160, 98],
      [160, 104],
    ]),
  );
  fill(pen, "#c9b98d", () => pen.rect(0, 104, 160, 56));
  fill(pen, "#e9e2d2", () => pen.rect(30, 88, 58, 46));
  fill(pen, "#a43d2f", () =>
    polygon(pen, [
      [24, 88],
      [59, 62],
      [94, 88],
    ]),
  );
  fill(pen, "#3c4650", () => pen.rect(52, 108, 15, 26));
  fill(pen, "#6fa3c7", () => [38, 74].forEach((left) => pen.rect(left, 98, 10, 10)));
  // Boards of a fence: the finest lines that the picture holds.
  fill(pen, "#5a4632", () =>
    Array.from({ length: 12 }, (_, board) => pen.rect(100 + board * 5, 122, 2.5, 24)),
  );
  pen.restore();
}

/** @param {CanvasRenderingContext2D} pen @param {string | CanvasGradient} colour @param {() => void} outline */
function fill(pen, colour, outline) {
  pen.fillStyle = colour;
  pen.beginPath();
  outline();
  pen.fill();
}

/** @param {CanvasRenderingContext2D} pen @param {[number, number][]} points */
function polygon(pen, points) {
  points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}

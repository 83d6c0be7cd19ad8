/** @file What the views share while the page is open: the drawing, and the picture that was chosen. */

/** @type {{strokes: import("./arithmetic/strokes.js").Stroke[], file: Blob | null}} */
export const session = { strokes: [], file: null };

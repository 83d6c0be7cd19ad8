/** @file NumPy's file format, so far as the service speaks it: arrays of uint8 out, of float32 in. */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];

/**
 * @param {Uint8Array | Uint8ClampedArray} values
 * @param {number[]} shape
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeBytes(values, shape) {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': ${tuple}, }`;
  const header = text.padEnd(64 * Math.ceil((10 + text.length + 1) / 64) - 11) + "\n";
  const file = new Uint8Array(10 + header.length + values.length);
  file.set(MAGIC);
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(new TextEncoder().encode(header), 10);
  file.set(values, 10 + header.length);
  return file;
}

/**
 * @param {ArrayBuffer} file
 * @returns {{values: Float32Array, shape: number[]}}
 */
export function readFloats(file) {
  const length = new DataView(file).getUint16(8, true);
  const header = new TextDecoder().decode(new Uint8Array(file, 10, length));
  const shape = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((part) => part.trim())
    .map(Number);
  if (!header.includes("'<f4'") || header.includes("True")) throw new TypeError("not float32 in row order");
  return { values: new Float32Array(file.slice(10 + length)), shape };
}

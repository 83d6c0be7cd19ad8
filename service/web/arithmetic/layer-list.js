/** @file A network's layers as text in the address, and as `POST /architecture` takes them. */

/**
 * @typedef {{type: "Input", shape: number[]} | {type: "Conv2D", filters: number, kernel_size: number, strides: number, padding: "valid" | "same", connections?: number[][], table?: number[][]}
 *   | {type: "AveragePooling2D" | "MaxPooling2D" | "Subsampling2D", pool_size: number} | {type: "Flatten"}
 *   | {type: "Dense" | "RBF", units: number}} Layer `table` is that of connections, also while its sizes do not fit
 */

export const TYPES = /** @type {const} */ ([
  "Conv2D",
  "AveragePooling2D",
  "MaxPooling2D",
  "Subsampling2D",
  "Flatten",
  "Dense",
  "RBF",
]);
const LETTERS = /** @type {const} */ ({
  AveragePooling2D: "a",
  MaxPooling2D: "m",
  Subsampling2D: "s",
  Dense: "d",
  RBF: "r",
});
const TABLE_I =
  "0+1+2-1+2+3-2+3+4-3+4+5-0+4+5-0+1+5-0+1+2+3-1+2+3+4-2+3+4+5-0+3+4+5-0+1+4+5-0+1+2+5-0+1+3+4-1+2+4+5-0+2+3+5-0+1+2+3+4+5";

/** @type {Record<string, string>} */
export const EXAMPLES = {
  lenet5: "i28,28,1.c6,5,1,same.a2.c16,5,1,valid.a2.c120,1,1,valid.f.d84.d10",
  lenet5_c5: "i28,28,1.c6,5,1,same.a2.c16,5,1,valid.a2.c120,5,1,valid.f.d84.d10",
  lenet5_1998: `i32,32,1.c6,5,1,valid.s2.c16,5,1,valid,${TABLE_I}.s2.c120,5,1,valid.f.d84.r10`,
  hundred_kernels: "i512,512,3.c100,5,1,same",
  hundred_neurons: "i512,512,3.f.d100",
};

/** @param {string} type @returns {Layer} a layer of a type, to begin with */
export function freshLayer(type) {
  return /** @type {Layer} */ (
    readLayers(
      {
        Conv2D: "c8,3,1,same",
        AveragePooling2D: "a2",
        MaxPooling2D: "m2",
        Subsampling2D: "s2",
        Flatten: "f",
        Dense: "d10",
        RBF: "r10",
      }[type] ?? "f",
    )[0]
  );
}

/** @param {Layer[]} layers */
export function writeLayers(layers) {
  return layers
    .map((layer) => {
      if (layer.type === "Input") return `i${layer.shape.join(",")}`;
      if (layer.type === "Flatten") return "f";
      if (layer.type === "Conv2D") {
        const table = layer.connections?.map((seen) => seen.join("+")).join("-");
        const parts = [layer.filters, layer.kernel_size, layer.strides, layer.padding];
        return `c${[...parts, ...(table ? [table] : [])].join(",")}`;
      }
      return `${LETTERS[layer.type]}${"units" in layer ? layer.units : layer.pool_size}`;
    })
    .join(".");
}

/** @param {string} words @returns {Layer[]} what cannot be read is left out */
export function readLayers(words) {
  return words.split(".").flatMap((word) => {
    const parts = word.slice(1).split(",");
    const numbers = parts
      .map(Number)
      .map((value) => (Number.isInteger(value) && value > 0 && value <= 65536 ? value : 1));
    const [first, second, third] = numbers;
    switch (word[0]) {
      case "i":
        return [/** @type {Layer} */ ({ type: "Input", shape: numbers.slice(0, 3) })];
      case "c":
        return [
          /** @type {Layer} */ ({
            type: "Conv2D",
            filters: first,
            kernel_size: second,
            strides: third,
            padding: parts[3] === "same" ? "same" : "valid",
            ...readTable(parts[4]),
          }),
        ];
      case "f":
        return [/** @type {Layer} */ ({ type: "Flatten" })];
      default: {
        const [type] = Object.entries(LETTERS).find(([, letter]) => letter === word[0]) ?? [];
        if (!type) return [];
        const size = ["Dense", "RBF"].includes(type) ? "units" : "pool_size";
        return [/** @type {Layer} */ ({ type, [size]: first })];
      }
    }
  });
}

/** @param {string | undefined} words @returns {{connections?: number[][]}} */
function readTable(words) {
  const connections = words?.split("-").map((seen) => seen.split("+").map((map) => (map ? Number(map) : NaN)));
  const isRead = connections?.flat().every((map) => Number.isInteger(map) && map >= 0);
  return isRead ? { connections } : {};
}

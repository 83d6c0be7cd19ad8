/** @file A network's layers as text in the address, and as `POST /architecture` takes them. */

/**
 * @typedef {{type: "Input", shape: number[]} | {type: "Conv2D", filters: number, kernel_size: number, strides: number, padding: "valid" | "same"}
 *   | {type: "AveragePooling2D" | "MaxPooling2D", pool_size: number} | {type: "Flatten"} | {type: "Dense", units: number}} Layer
 */

export const TYPES = /** @type {const} */ ([
  "Conv2D",
  "AveragePooling2D",
  "MaxPooling2D",
  "Flatten",
  "Dense",
]);

/** @type {Record<string, string>} */
export const EXAMPLES = {
  lenet5: "i28,28,1.c6,5,1,same.a2.c16,5,1,valid.a2.c120,1,1,valid.f.d84.d10",
  lenet5_1998: "i28,28,1.c6,5,1,same.a2.c16,5,1,valid.a2.c120,5,1,valid.f.d84.d10",
  hundred_kernels: "i512,512,3.c100,5,1,same",
  hundred_neurons: "i512,512,3.f.d100",
};

/** @param {string} type @returns {Layer} a layer of a type, to begin with */
export function freshLayer(type) {
  return /** @type {Layer} */ (
    readLayers(
      { Conv2D: "c8,3,1,same", AveragePooling2D: "a2", MaxPooling2D: "m2", Flatten: "f", Dense: "d10" }[
        type
      ] ?? "f",
    )[0]
  );
}

/** @param {Layer[]} layers */
export function writeLayers(layers) {
  return layers
    .map((layer) => {
      if (layer.type === "Input") return `i${layer.shape.join(",")}`;
      if (layer.type === "Conv2D")
        return `c${[layer.filters, layer.kernel_size, layer.strides, layer.padding].join(",")}`;
      if (layer.type === "Dense") return `d${layer.units}`;
      return layer.type === "Flatten"
        ? "f"
        : `${layer.type === "MaxPooling2D" ? "m" : "a"}${layer.pool_size}`;
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
          }),
        ];
      case "a":
      case "m":
        return [
          /** @type {Layer} */ ({
            type: word[0] === "a" ? "AveragePooling2D" : "MaxPooling2D",
            pool_size: first,
          }),
        ];
      case "f":
        return [/** @type {Layer} */ ({ type: "Flatten" })];
      case "d":
        return [/** @type {Layer} */ ({ type: "Dense", units: first })];
      default:
        return [];
    }
  });
}

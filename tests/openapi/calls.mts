/** @file Call the service by openapi-fetch, with the types that openapi-typescript generated. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];

declare const process: {
  argv: string[];
  getBuiltinModule(name: "fs"): { readFileSync(path: string): Uint8Array<ArrayBuffer> };
};
const { readFileSync } = process.getBuiltinModule("fs");
const png = readFileSync("seven.png");
const array = readFileSync("seven.npy");
const given = JSON.parse(new TextDecoder().decode(readFileSync("given.json")));
const client = createClient<paths>({ baseUrl: process.argv[2] });

/** Binary bodies have the type string in OpenAPI's schemas; what is sent is the bytes. */
const asIs = (type: string, bytes: Uint8Array<ArrayBuffer>) => ({
  body: "" as never,
  bodySerializer: () => bytes,
  headers: { "Content-Type": type },
});
const form = (fill: (parts: FormData) => void) => {
  const parts = new FormData();
  fill(parts);
  return { body: "" as never, bodySerializer: () => parts, headers: { "Content-Type": null } };
};

/** An answer as JSON; a string would be one of the other forms, which nothing here accepts. */
function answered<Answer>({ data, error }: { data?: Answer; error?: Problem }) {
  if (data === undefined || typeof data === "string") throw new Error(`refused: ${error?.detail}`);
  return data as Exclude<Answer, string | undefined>;
}
function refused({ error }: { error?: Problem }): Problem {
  if (error === undefined) throw new Error("not refused");
  return error;
}

const image = btoa(String.fromCharCode(...png));
const predict = async (options: object) => {
  const { predictions } = answered(await client.POST("/predict", options as { body: { image: string } }));
  return { digit: predictions[0].digit, confidence: predictions[0].confidence };
};
const { lecture } = given;
const kernel = "laplacian_4";
const maps = answered(await client.POST("/feature-maps", asIs("image/png", png)));
const operation = { activation: "identity", layout: "channels_first", explain: false } as const;
const convolve = async (body: object) =>
  answered(await client.POST("/convolve", { body: { ...operation, ...body } as never })).output;

const unknown = refused(
  await client.POST("/predict", { ...asIs("image/png", png), params: { query: { model: "none" } } }),
);
const invalid = refused(
  await client.POST("/convolve", { body: { input: lecture, kernel, stride: 0 } as never }),
);
const tooLong = refused(
  await client.POST("/predict", { ...asIs("image/png", png), params: { query: { model: "x".repeat(9_000) } } }),
);
console.log(
  JSON.stringify({
    predict: {
      image: await predict({ body: { image } }),
      images: await predict({ body: { images: [image, image] } }),
      pixels: await predict({ body: { pixels: given.pixels } }),
      form: await predict(form((parts) => parts.append("image", new Blob([png]), "seven.png"))),
      file: await predict(asIs("image/png", png)),
      bytes: await predict(asIs("application/octet-stream", png)),
      array: await predict(asIs("application/x-npy", array)),
    },
    feature_maps: Object.fromEntries(maps.images[0].layers.map(({ name, shape }) => [name, shape])),
    convolve: {
      numbers: await convolve({ input: lecture, kernel }),
      form: answered(
        await client.POST(
          "/convolve",
          form((parts) => {
            const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (5, 5), }\n`;
            const head = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0];
            const numbers = [...head, ...new TextEncoder().encode(header), ...lecture.flat()];
            parts.append("input", new Blob([new Uint8Array(numbers)]), "lecture.npy");
            parts.append("parameters", JSON.stringify({ kernel }));
          }),
        ),
      ).output,
    },
    transposed: await convolve({
      input: [[1, 2]],
      kernel: [
        [1, 2],
        [3, 4],
      ],
      transposed: true,
      stride: 2,
      operation: "cross_correlation",
    }),
    pool: answered(await client.POST("/pool", { body: { input: lecture } as never })).output,
    unknown: { status: unknown.status, title: unknown.title },
    invalid: { status: invalid.status, pointer: invalid.errors?.[0].pointer },
    too_long: { status: tooLong.status, type: tooLong.type },
  }),
);

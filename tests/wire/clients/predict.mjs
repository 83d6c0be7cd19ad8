/** @file Posts a picture several times as Node does: as it is, and in a form. */

import { readFile } from "node:fs/promises";

const [address, file, count] = process.argv.slice(2);
const picture = new Blob([await readFile(file)], { type: "image/png" });
const form = new FormData();
form.append("image", picture, "a.png");

for (let index = 0; index < Number(count); index++) {
  const answer = await fetch(address, { method: "POST", body: index % 2 ? form : picture });
  console.log(answer.status, await answer.text());
}

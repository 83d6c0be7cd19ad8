/** @file The page's own words, in the language of the address or else of the browser. */

import { languageOf, textIn } from "../strings.js";

export const asked = new URLSearchParams(location.search).get("lang") ?? undefined;
export const language = languageOf(asked);
export const text = textIn(language);

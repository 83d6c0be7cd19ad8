/** @file What went wrong, in words. */

import { element } from "./element.js";
import { refusalWords } from "./service-words.js";
import { ServiceError } from "../service.js";

export class Fault {
  /**
   * @param {import("../strings.js").Text} text
   * @param {(error: ServiceError) => string | void} [onFault] takes away what would be stale beside the words; may have words of its own
   */
  constructor(text, onFault = () => {}) {
    this.text = text;
    this.onFault = onFault;
    this.element = element("p", { class: "notice is-fault", role: "alert", hidden: true });
  }

  /** @param {ServiceError | null} error null when all is well again */
  show(error) {
    this.say(error ? this.onFault(error) || faultWords(error, this.text) : "");
  }

  /** @param {string} words */
  say(words) {
    // Screen readers repeat what is written again.
    if (this.element.textContent !== words) this.element.textContent = words;
    this.element.hidden = !words;
  }
}

/** @param {unknown} error @param {import("../strings.js").Text} text */
export function faultWords(error, text) {
  if (!(error instanceof ServiceError)) return String(error);
  if (!error.status) return text("no_service");
  const words = refusalWords(error, text);
  return error.isPassing ? `${words.replace(/\.?$/, ".")} ${text("tried_again")}` : words;
}

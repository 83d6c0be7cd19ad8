/** @file Work on the newest of what is asked for: one piece at a time, nothing queues up, and a service that comes back is asked again. */

import { ServiceError } from "./service.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

let atWork = 0;

/** Tell screen readers when what is shown is about to change. @param {number} change how many more are at work */
function busy(change) {
  atWork += change;
  document.querySelector("main")?.setAttribute("aria-busy", String(atWork > 0));
}

/** @template T */
export class Newest {
  /**
   * @param {(asked: T) => Promise<unknown>} work true when it is to be tried again later
   * @param {{element: HTMLElement, show: (error: ServiceError | null) => void}} fault what tells why it failed
   */
  constructor(work, fault) {
    this.work = work;
    this.fault = fault;
    /** @type {{asked: T} | null} */
    this.waiting = null;
    this.isBusy = false;
    this.wait = FIRST_WAIT_MS;
    this.timer = 0;
  }

  /** Ask for something; it replaces what still waits. @param {T} asked */
  ask(asked) {
    clearTimeout(this.timer);
    this.waiting = { asked };
    if (!this.isBusy) this.run();
  }

  async run() {
    this.isBusy = true;
    busy(1);
    try {
      while (this.waiting) {
        const { asked } = this.waiting;
        this.waiting = null;
        const isLater = await this.attempt(asked);
        if (isLater && !this.waiting) this.later(asked);
        else if (!isLater) this.wait = FIRST_WAIT_MS;
      }
    } finally {
      this.isBusy = false;
      busy(-1);
    }
  }

  /** @param {T} asked @returns {Promise<boolean>} whether it may succeed later */
  async attempt(asked) {
    try {
      const isLater = await this.work(asked);
      this.fault.show(null);
      return isLater === true;
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      this.fault.show(error);
      return error.isPassing;
    }
  }

  /** Try again in a while, if the view is still open then. @param {T} asked */
  later(asked) {
    this.timer = window.setTimeout(() => this.fault.element.isConnected && this.ask(asked), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MS);
  }
}

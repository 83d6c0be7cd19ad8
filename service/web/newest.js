/** @file Work on the newest of what is asked for: one piece at a time, nothing queues up, and a service that comes back is asked again. */

import { ServiceError } from "./service.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

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

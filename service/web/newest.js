/** @file Work on the newest of what is asked for: one piece at a time, and nothing queues up. */

/** @template T */
export class Newest {
  /** @param {(asked: T) => Promise<void>} work */
  constructor(work) {
    this.work = work;
    /** @type {{asked: T} | null} */
    this.waiting = null;
    this.isBusy = false;
  }

  /** Ask for something; it replaces what still waits. @param {T} asked */
  ask(asked) {
    this.waiting = { asked };
    if (!this.isBusy) this.run();
  }

  async run() {
    this.isBusy = true;
    try {
      while (this.waiting) {
        const { asked } = this.waiting;
        this.waiting = null;
        await this.work(asked);
      }
    } finally {
      this.isBusy = false;
    }
  }
}

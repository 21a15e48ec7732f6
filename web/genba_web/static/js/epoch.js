// @ts-check
// A session whose process was replaced speaks under another epoch: every link to the old one is dead.

/** Compares the epochs that a session tells. */
export class Epoch {
  #known = 0;

  /**
   * Whether the session has come back since the last word.
   * @param {number} epoch
   */
  moved(epoch) {
    const moved = this.#known !== 0 && epoch !== this.#known;
    this.#known = epoch;
    return moved;
  }
}

// @ts-check
// Tries again, politely: quick at first, then slower, at once when the network or the page is back.

import { Problem } from './api.js';

// Seconds. A server that starts again takes three to five: whoever waits is not to miss it by four.
const DELAYS = [0.5, 1, 1, 1, 1, 1, 2, 4, 8, 15];

/**
 * @typedef {{state: 'trying'} | {state: 'waiting', seconds: number, problem: Problem | null}
 *   | {state: 'refused', problem: Problem}} Attempting
 */

/** Runs `attempt` until it succeeds, and again whenever `again()` says that the link broke. */
export class Reconnect {
  /** @type {number | undefined} */ #timer;
  #count = 0;
  #running = false;
  #trying = false;
  #broken = false;
  #wake = () => this.#now();
  #visible = () => { if (!document.hidden) this.#now(); };

  /**
   * @param {() => Promise<void>} attempt  a Problem that is `final` ends the trying
   * @param {{onState?: (state: Attempting) => void, delays?: number[]}} [options]
   */
  constructor(attempt, { onState = () => {}, delays = DELAYS } = {}) {
    this.attempt = attempt;
    this.onState = onState;
    this.delays = delays;
  }

  /** Try at once. */
  start() {
    if (this.#running) return;
    this.#running = true;
    this.#count = 0;
    addEventListener('online', this.#wake);
    addEventListener('pageshow', this.#wake);
    document.addEventListener('visibilitychange', this.#visible);
    this.#try();
  }

  /** Say that the link works now: the next break starts with the shortest wait. */
  good() {
    this.#count = 0;
  }

  /**
   * Say that the link broke.
   * @param {Problem | null} [problem]
   */
  again(problem = null) {
    if (!this.#running || this.#timer !== undefined) return;
    if (this.#trying) {
      this.#broken = true;
      return;
    }
    const base = this.delays[Math.min(this.#count, this.delays.length - 1)];
    this.#count += 1;
    const seconds = base * (0.8 + Math.random() * 0.4);
    this.onState({ state: 'waiting', seconds, problem });
    this.#timer = setTimeout(() => this.#try(), seconds * 1000);
  }

  /** Say that the link is dead, whatever it seems: try at once. */
  renew() {
    if (!this.#running) return;
    if (this.#trying) this.#broken = true;
    else this.#try();
  }

  /** Never try again. */
  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    removeEventListener('online', this.#wake);
    removeEventListener('pageshow', this.#wake);
    document.removeEventListener('visibilitychange', this.#visible);
  }

  /** Cut the present wait short; nothing happens while the link stands. */
  #now() {
    if (this.#timer !== undefined) this.#try();
  }

  async #try() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#trying = true;
    this.#broken = false;
    this.onState({ state: 'trying' });
    /** @type {Problem | null} */
    let problem = null;
    try {
      await this.attempt();
    } catch (error) {
      problem = error instanceof Problem ? error : new Problem({});
      if (!(error instanceof Problem)) reportError(error);
    } finally {
      this.#trying = false;
    }
    if (!this.#running) return;
    if (problem?.final) {
      this.stop();
      this.onState({ state: 'refused', problem });
    } else if (problem || this.#broken) {
      this.again(problem);
    }
  }
}

// @ts-check
// Keeps the screen on while the camera sends.

/** Taken again whenever the page comes back; `held` says whether the browser grants it. */
export class KeepAwake {
  held = false;
  #wanted = false;
  /** @type {WakeLockSentinel | null} */ #lock = null;
  #visible = () => this.#take();

  /** @param {(held: boolean) => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
  }

  /** Ask for it until stop(). */
  async start() {
    this.#wanted = true;
    document.addEventListener('visibilitychange', this.#visible);
    await this.#take();
  }

  /** Let the screen sleep. */
  async stop() {
    this.#wanted = false;
    document.removeEventListener('visibilitychange', this.#visible);
    await this.#lock?.release();
    this.#lock = null;
  }

  async #take() {
    if (!this.#wanted || document.hidden || (this.#lock && !this.#lock.released)) return;
    try {
      this.#lock = await navigator.wakeLock?.request('screen') ?? null;
    } catch (error) {
      // Low battery or a policy: the person is asked to keep the screen on instead.
      if (!(error instanceof DOMException)) throw error;
      this.#lock = null;
    }
    this.held = this.#lock !== null;
    this.onChange(this.held);
  }
}

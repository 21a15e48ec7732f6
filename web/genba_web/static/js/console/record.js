// @ts-check
// Recording: one button, one red pill with the time, and a fault that cannot be overlooked.

import { Problem } from '../api.js';
import { duration } from '../clock.js';
import { one, say, setIcon, show } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, toast } from '../toast.js';

/**
 * Draws from the state; believes nothing that the server has not said. The notice of a fault stays
 * until somebody closes it or records again.
 */
export class Record {
  #button = /** @type {HTMLButtonElement} */ (one('#record'));
  /** @type {any} */ #recording = { running: false };
  /** @type {string | null} */ #fault = null;

  /** @param {import('./desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.#button.addEventListener('click', () => this.toggle());
    one('#rec-fault-close').addEventListener('click', () => show(one('#rec-fault'), false));
    setInterval(() => this.#time(), 500);
  }

  /** Start or stop. */
  async toggle() {
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    const running = this.#recording.running;
    const done = await attempt(() => this.desk.command({ do: running ? 'stop_recording' : 'record' }));
    this.#button.disabled = false;
    if (done && running) toast(t('console.record.stored'));
  }

  /** @param {any} recording  of the SessionState */
  draw(recording) {
    this.#recording = recording;
    const { running, error } = recording;
    show(one('#rec-pill'), running);
    this.#button.setAttribute('aria-pressed', String(running));
    this.#button.classList.toggle('recording', running);
    say(one('#record-text'), t(running ? 'console.record.stop' : 'console.record'));
    setIcon(this.#button, running ? 'record-stop' : 'record');
    this.#time();
    if (error && error !== this.#fault) {
      const problem = new Problem({ code: error, status: 503 });
      say(one('#rec-fault-title'), problem.title);
      say(one('#rec-fault-advice'), problem.advice);
    }
    if (error !== this.#fault) show(one('#rec-fault'), Boolean(error));
    this.#fault = error;
  }

  #time() {
    const { running, since } = this.#recording;
    if (running && since) say(one('#rec-time'), duration((Date.now() - Date.parse(since)) / 1000));
  }
}

// @ts-check
// The supporter's microphone: off at first; M turns it on and off, held down it is push to talk.

import { cameraProblem } from '../camera/problem.js';
import { one, setIcon } from '../dom.js';
import { t } from '../i18n.js';
import { Reconnect } from '../reconnect.js';
import { toast } from '../toast.js';
import { WhipPublisher } from '../whip.js';

const REST = 60_000; // after so long in silence the microphone is given back to the computer

/** Publishes sound by WHIP with the desk's ticket. */
export class Mic {
  on = false;
  #button = one('#mic');
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {WhipPublisher | null} */ #publisher = null;
  /** @type {number | undefined} */ #rest;
  #reconnect;

  /**
   * @param {import('./desk.js').Desk} desk
   * @param {() => void} onOn
   */
  constructor(desk, onOn) {
    this.onOn = onOn;
    this.#reconnect = new Reconnect(async () => {
      this.#publisher?.stop();
      if (!this.#stream) return;
      const { whip, ticket, ice_servers: iceServers } = await desk.way();
      const publisher = new WhipPublisher({ url: whip, ticket, iceServers, onState: (state) => {
        if (state === 'connected') this.#reconnect.good();
        else if (state === 'lost') this.#reconnect.again();
      } });
      this.#publisher = publisher;
      await publisher.start(this.#stream);
    }, { onState: (now) => {
      if (now.state !== 'refused') return;
      toast(now.problem.title, { advice: now.problem.advice, bad: true });
      this.stop();
    } });
  }

  /** @param {boolean} on */
  async set(on) {
    this.on = on;
    clearTimeout(this.#rest);
    if (on && !this.#stream && !(await this.#open())) this.on = false;
    for (const track of this.#stream?.getTracks() ?? []) track.enabled = this.on;
    if (this.on) this.onOn();
    else this.#rest = setTimeout(() => this.stop(), REST);
    this.#button.setAttribute('aria-pressed', String(this.on));
    this.#button.classList.toggle('on', this.on);
    setIcon(this.#button, this.on ? 'mic' : 'mic-off');
  }

  /** Send by a new link: the session has come back. */
  renew() {
    this.#reconnect.renew();
  }

  /**
   * Give the microphone back.
   * @param {boolean} [told]  the session is over: nobody is left to say goodbye to
   */
  stop(told = false) {
    this.#reconnect.stop();
    this.#publisher?.stop(told);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    if (this.on) this.set(false);
  }

  async #open() {
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) {
      toast(t('console.mic.failed'), {
        advice: t(`console.mic.${cameraProblem(error) === 'none' ? 'none' : 'denied'}`), bad: true });
      return false;
    }
    this.#reconnect.start();
    return true;
  }
}

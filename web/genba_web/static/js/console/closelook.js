// @ts-check
// The close look: one camera, large, with the least delay, for this supporter alone.

import { Problem } from '../api.js';
import { icon, make, one, say, show } from '../dom.js';
import { t } from '../i18n.js';
import { Reconnect } from '../reconnect.js';
import { toast } from '../toast.js';
import { WhepViewer } from '../whep.js';

const LATE = 4000; // ms for a camera that is back to be seen on the old link; then a new one is made

/**
 * `quiet`: the link stands, and no picture comes because the camera sends none; `gone`: the camera
 * has left the session.
 * @typedef {'connecting' | 'playing' | 'quiet' | 'blocked' | 'waiting' | 'refused' | 'gone' | 'ended'} LookState
 */

/**
 * Opens `#look-dialog` on a camera. What everybody sees stays as it is, and so does the sound: it
 * comes with the view.
 */
export class CloseLook {
  #dialog = /** @type {HTMLDialogElement} */ (one('#look-dialog'));
  #video = /** @type {HTMLVideoElement} */ (one('#look-video'));
  #reconnect = new Reconnect(() => this.#attempt(), { onState: (now) => this.#tried(now) });
  /** @type {WhepViewer | null} */ #viewer = null;
  /** @type {LookState} */ #state = 'ended';
  #camera = '';
  #slot = 0;
  #back = '';
  #seconds = 0;
  /** @type {Problem | null} */ #problem = null;
  /** @type {number | undefined} */ #late;

  /**
   * @param {import('./desk.js').Desk} desk
   * @param {(slot: number) => void} still
   */
  constructor(desk, still) {
    this.desk = desk;
    one('#look-still').addEventListener('click', () => still(this.#slot));
    one('#look-close').addEventListener('click', () => this.close());
    this.#dialog.addEventListener('close', () => this.#closed());
  }

  /** Whether it is open. */
  get open() {
    return this.#dialog.open;
  }

  /** The slot that is looked at, 0 for none. */
  get slot() {
    return this.open ? this.#slot : 0;
  }

  /** Whether frames really are being shown now. */
  get showing() {
    return this.open && (this.#viewer?.showing ?? false);
  }

  /**
   * Look at the camera of a slot; nothing happens where there is none.
   * @param {number} n
   */
  look(n) {
    const slot = this.#slots().find((one) => one.n === n);
    if (!slot?.camera || (this.open && slot.camera === this.#camera && this.#state !== 'gone')) return;
    this.#hangUp();
    this.#camera = slot.camera;
    this.#state = 'connecting';
    if (!this.open) {
      this.#back = document.activeElement?.id ?? '';
      this.#dialog.showModal();
    }
    this.draw();
    this.#reconnect.start();
  }

  /** Go back to what everybody sees. */
  close() {
    this.#dialog.close();
  }

  /** Make a new link at once: the session has come back. */
  renew() {
    if (!this.open || this.#state === 'gone') return;
    this.#reconnect.stop();
    this.#reconnect.start();
  }

  /** Show the newest state of the session. */
  draw() {
    if (!this.open) return;
    const slot = this.#now();
    if (!slot && this.#state !== 'gone') this.#leave();
    if (slot) this.#head(slot);
    this.#words(slot);
  }

  /** @returns {any[]} */
  #slots() {
    return this.desk.state?.slots ?? [];
  }

  #now() {
    return this.#slots().find((slot) => slot.camera === this.#camera);
  }

  async #attempt() {
    const camera = this.#camera;
    this.#viewer?.stop();
    this.#viewer = null;
    const { whep, ticket, ice_servers: iceServers } = await this.desk.way();
    if (camera !== this.#camera) return;
    /** @type {WhepViewer} */
    const viewer = new WhepViewer(this.#video, {
      url: `${whep}/cameras/${encodeURIComponent(camera)}`,
      ticket,
      iceServers,
      audio: false,
      lone: true,
      onState: (state) => { if (this.#viewer === viewer) this.#changed(state); },
    });
    this.#viewer = viewer;
    await viewer.start();
    // Each picture as soon as it can be shown: what is lost in smoothness is gained in time.
    for (const receiver of viewer.pc?.getReceivers() ?? [])
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  }

  /** @param {import('../reconnect.js').Attempting} now */
  #tried(now) {
    if (!this.#camera) return;
    const problem = now.state === 'refused' ? now.problem : null;
    this.#problem = problem;
    if (problem?.code === 'camera.codec') {
      this.close();
      toast(problem.title, { advice: problem.advice, bad: true });
      return;
    }
    if (now.state === 'waiting') this.#seconds = now.seconds;
    this.#state = now.state === 'trying' ? 'connecting' : now.state;
    if (problem?.code === 'not_found') this.#state = 'gone';
    this.draw();
  }

  /** @param {import('../whep.js').ViewerState} state */
  #changed(state) {
    if (state === 'playing' || state === 'blocked') {
      this.#reconnect.good();
      this.#state = state;
    } else if (state === 'stalled' && this.#now()?.state !== 'live') {
      this.#state = 'quiet'; // no fault of the link
    } else if (state === 'stalled' || state === 'lost') {
      this.#reconnect.again();
    }
    this.draw();
  }

  #leave() {
    this.#hangUp(true);
    this.#state = 'gone';
  }

  #hangUp(told = false) {
    const viewer = this.#viewer;
    this.#viewer = null;
    this.#camera = '';
    this.#reconnect.stop();
    clearTimeout(this.#late);
    this.#late = undefined;
    viewer?.stop(told);
    this.#video.srcObject = null;
  }

  /** @param {any} slot */
  #head(slot) {
    this.#slot = slot.n;
    say(one('#look-n'), String(slot.n));
    say(one('#look-title'), slot.name);
    const state = one('#look-state');
    state.className = `state ${slot.state}`;
    say(one('#look-state-text'), t(`camera.state.${slot.state}`));
    // Back after a pause: the old link goes on, unless it does not.
    const waits = slot.state === 'live' && this.#state === 'quiet';
    if (!waits) {
      clearTimeout(this.#late);
      this.#late = undefined;
    } else if (this.#late === undefined) {
      this.#late = setTimeout(() => { if (this.#state === 'quiet') this.renew(); }, LATE);
    }
  }

  /** @param {any} slot  undefined: the camera has left */
  #words(slot) {
    const again = () => make('button', { type: 'button', class: 'primary',
      onclick: () => this.renew() }, icon('retry'), make('span', {}, t('console.view.again')));
    const away = ['paused', 'lost', 'connecting'].includes(slot?.state) ? slot.state : '';
    const state = this.#state;
    if (!slot || state === 'gone') {
      this.#say(t('look.gone'), t('look.gone.advice'), [make('button', { type: 'button', class: 'primary',
        onclick: () => this.close() }, make('span', {}, t('look.close')))]);
    } else if (state === 'refused') {
      this.#say(this.#problem?.title ?? '', this.#problem?.advice ?? '', [again()]);
    } else if (state === 'blocked') {
      this.#say(t('console.view.blocked'), '', [make('button', { type: 'button', class: 'primary',
        onclick: () => this.#viewer?.play() }, icon('play'), make('span', {}, t('console.view.play')))]);
    } else if (away && state !== 'playing') {
      this.#say(t(`look.${away}`), t(`look.${away}.advice`), [], away !== 'paused');
    } else if (away === 'paused' || away === 'lost') {
      this.#say(t(`look.${away}`), t(`look.${away}.advice`), []);
    } else if (state === 'playing') {
      show(one('#look-curtain'), false);
    } else if (state === 'waiting') {
      this.#say(t('console.view.lost'), t('console.view.retry',
        { n: Math.max(1, Math.ceil(this.#seconds)) }), [again()], true);
    } else {
      this.#say(t('look.opening'), '', [], true);
    }
  }

  /**
   * @param {string} title
   * @param {string} advice
   * @param {HTMLElement[]} buttons
   * @param {boolean} [busy]
   */
  #say(title, advice, buttons, busy = false) {
    show(one('#look-curtain'), true);
    show(one('#look-spinner'), busy);
    say(one('#look-curtain-title'), title);
    say(one('#look-advice'), advice);
    const place = one('#look-buttons');
    // Words that come again and again do not take a button from under the finger.
    if (place.textContent !== buttons.map((button) => button.textContent).join(''))
      place.replaceChildren(...buttons);
  }

  #closed() {
    this.#hangUp();
    this.#state = 'ended';
    document.body.append(one('#toasts'));
    // The button may have been drawn anew since.
    if (this.#back) document.getElementById(this.#back)?.focus();
  }
}

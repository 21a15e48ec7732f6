// @ts-check
// The stage: the view, and the words over it whenever it does not move.

import { icon, make, one, say, setIcon, show } from '../dom.js';
import { t } from '../i18n.js';
import { LiveView } from '../live.js';
import { offerQuality, wish } from '../quality.js';

/** Shows the view; dispatches nothing, owns `live`. */
export class Stage {
  #curtain = one('#curtain');
  #sound = one('#sound');
  #over = false;
  /** @type {number | undefined} */ #count;

  /** @param {import('./desk.js').Desk} desk */
  constructor(desk) {
    this.live = new LiveView(/** @type {HTMLVideoElement} */ (one('#view')), () => desk.way(), {
      onState: (state, more) => this.#changed(state, more),
      wish,
    });
    offerQuality(this.live);
    this.#sound.addEventListener('click', () => this.hear(this.live.muted));
  }

  /**
   * Turn the sound of the cameras on or off.
   * @param {boolean} on
   */
  async hear(on) {
    await this.live.mute(!on);
    this.#sound.setAttribute('aria-pressed', String(on));
    setIcon(this.#sound, on ? 'sound' : 'sound-off');
  }

  /**
   * Show that the session is over, and where to go from here.
   * @param {boolean} [failed]  nobody ended it: it could not be brought back
   */
  end(failed = false) {
    this.#over = true;
    this.live.stop(true);
    clearInterval(this.#count);
    const word = failed ? 'console.failed' : 'console.ended';
    this.#say(t(word), t(`${word}.advice`), [
      make('a', { class: 'button primary', href: '/recordings' }, icon('recordings'),
        make('span', {}, t('recordings.title'))),
      make('a', { class: 'button', href: '/' }, t('error.home')),
    ]);
  }

  /**
   * @param {string} title
   * @param {string} advice
   * @param {HTMLElement[]} buttons
   * @param {boolean} [busy]
   */
  #say(title, advice, buttons, busy = false) {
    show(this.#curtain, true);
    show(one('#curtain-spinner'), busy);
    say(one('#curtain-title'), title);
    say(one('#curtain-advice'), advice);
    one('#curtain-buttons').replaceChildren(...buttons);
  }

  /**
   * @param {import('../live.js').LiveState} state
   * @param {{seconds?: number, problem?: import('../api.js').Problem | null}} more
   */
  #changed(state, { seconds = 0, problem = null }) {
    if (this.#over) return;
    clearInterval(this.#count);
    const again = () => make('button', { type: 'button', class: 'primary',
      onclick: () => this.live.retry() }, icon('retry'), make('span', {}, t('console.view.again')));
    if (state === 'playing' || state === 'single') {
      show(this.#curtain, false);
    } else if (state === 'connecting') {
      this.#say(t('console.view.connecting'), '', [], true);
    } else if (state === 'blocked') {
      this.#say(t('console.view.blocked'), '', [make('button', { type: 'button', class: 'primary',
        onclick: () => this.live.play() }, icon('play'), make('span', {}, t('console.view.play')))]);
    } else if (state === 'refused') {
      this.#say(problem?.title ?? '', problem?.advice ?? '', [again()]);
    } else if (state === 'waiting') {
      const until = Date.now() + seconds * 1000;
      const left = () => t('console.view.retry',
        { n: Math.max(1, Math.ceil((until - Date.now()) / 1000)) });
      this.#say(t('console.view.lost'), left(), [again()], true);
      this.#count = setInterval(() => say(one('#curtain-advice'), left()), 1000);
    }
  }
}

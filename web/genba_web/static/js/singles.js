// @ts-check
// Single pictures of the view every few seconds, where the way carries no moving one.

import { Problem, request } from './api.js';
import { make } from './dom.js';
import { t } from './i18n.js';

const EVERY = 3; // seconds after one has come

/** Stands over the moving picture, and says so. */
export class Singles {
  #running = false;
  /** @type {number | undefined} */ #timer;
  #picture = /** @type {HTMLImageElement} */ (make('img', { class: 'single', alt: t('single.alt') }));
  #why = make('span');
  #note = make('p', { class: 'single-note', role: 'status' }, make('strong', {}, t('single.label')),
    this.#why);

  /**
   * @param {Element} media  what it stands over
   * @param {() => Promise<import('./live.js').Way>} way
   */
  constructor(media, way) {
    this.media = media;
    this.way = way;
  }

  /** @param {string} shed  why */
  start(shed) {
    this.#why.textContent = t(`single.${shed}`);
    if (this.#running) return;
    this.#running = true;
    this.media.after(this.#picture, this.#note);
    this.#next();
  }

  /** Make room for the moving picture. */
  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
    this.#picture.remove();
    this.#note.remove();
  }

  async #next() {
    if (!document.hidden) await this.#fetch();
    if (this.#running) this.#timer = setTimeout(() => this.#next(), EVERY * 1000);
  }

  async #fetch() {
    try {
      const { whep, ticket } = await this.way();
      const answer = await request(`${whep}/picture`, { headers: { Authorization: `Bearer ${ticket}` } });
      const before = this.#picture.src;
      this.#picture.src = URL.createObjectURL(await answer.blob());
      if (before) URL.revokeObjectURL(before);
    } catch (error) {
      // The next one may come; the link itself tells when all is over.
      if (!(error instanceof Problem)) throw error;
    }
  }
}

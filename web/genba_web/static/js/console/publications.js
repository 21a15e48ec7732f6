// @ts-check
// What is being shared now: true words about each, and what can be done with it.

import { dayAndTime } from '../clock.js';
import { copy, icon, make, one, show } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, toast } from '../toast.js';
import { pluginFile, words } from './publishers.js';

// What a plugin may have us open; `javascript:` and its kin are not among them.
const SCHEMES = ['https:', 'http:', 'msteams:', 'zoommtg:', 'zoomus:'];

/**
 * @param {string | null} url
 * @returns {string | null}
 */
function opened(url) {
  return url && SCHEMES.includes(new URL(url, location.href).protocol) ? url : null;
}

/** Draws the dialog's list and the panel's short one. */
export class Publications {
  #drawn = '';

  /**
   * @param {import('./desk.js').Desk} desk
   * @param {() => import('./publishers.js').Publisher[]} publishers
   */
  constructor(desk, publishers) {
    this.desk = desk;
    this.publishers = publishers;
  }

  /** @param {any[]} publications */
  draw(publications) {
    const running = publications.filter((one) => one.state !== 'ended' || one.error);
    const shape = JSON.stringify([running, this.publishers().length]);
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    const focused = document.activeElement?.id;
    one('#publications').replaceChildren(...running.map((one) => this.#row(one)));
    one('#shares-short').replaceChildren(...running.map((one) => make('li', {},
      make('span', { class: 'slot-name' }, this.#label(one)), this.#state(one))));
    show(one('#running-section'), running.length > 0);
    show(one('#shares-section'), running.length > 0);
    if (focused) document.getElementById(focused)?.focus();
  }

  /** @param {any} publication */
  #publisher({ kind }) {
    return this.publishers().find((one) => one.kind === kind);
  }

  /** @param {any} publication */
  #label(publication) {
    const publisher = this.#publisher(publication);
    return publisher ? words(publisher, publisher.label) : publication.kind;
  }

  /** @param {any} publication */
  #state({ state, viewers }) {
    return make('span', { class: `state ${state}` },
      make('span', { class: 'dot', 'aria-hidden': 'true' }), t(`share.state.${state}`),
      viewers ? ` (${t('share.viewers', { n: viewers })})` : '');
  }

  /**
   * @param {any} publication
   * @returns {HTMLElement}
   */
  #row(publication) {
    const { id, state, expires, error } = publication;
    const publisher = this.#publisher(publication);
    const join = publication.join_url;
    const meeting = opened(publication.meeting_url);
    const window = opened(publication.share_url);
    const link = (/** @type {string} */ href, /** @type {string} */ picture,
      /** @type {string} */ label, /** @type {boolean} */ first) => make('a', {
      class: first ? 'button primary' : 'button', href, target: '_blank', rel: 'noopener' },
    icon(picture), make('span', {}, label));
    return make('li', { class: 'publication' },
      make('div', { class: 'slot-line' }, make('strong', { class: 'slot-name' },
        this.#label(publication)), this.#state(publication)),
      error ? make('p', { class: 'error' }, publisher ? words(publisher, error) : error) : null,
      expires && state !== 'ended'
        ? make('p', { class: 'quiet' }, t('invite.until', { time: dayAndTime(expires) })) : null,
      make('div', { class: 'buttons' },
        meeting ? link(meeting, 'open', t('share.open_meeting'), true) : null,
        window && !join ? link(window, 'window', t('share.open_window'), true) : null,
        join ? make('button', { type: 'button', id: `copy-${id}`, class: 'primary', onclick: async () => {
          if (await copy(join)) toast(t('base.copied'));
          else toast(join, { seconds: 15 });
        } }, icon('copy'), make('span', {}, t('share.copy'))) : null,
        window && join ? link(window, 'window', t('share.open_window'), false) : null,
        state !== 'ended' ? make('button', { type: 'button', id: `stop-${id}`,
          onclick: () => attempt(() => this.desk.command({ do: 'stop_publication', id })) },
        icon('stop'), make('span', {}, t('share.stop'))) : null),
      publisher?.guide.length && state !== 'ended' && state !== 'on_air'
        ? make('ol', { class: 'guide' }, ...publisher.guide.map((step) => make('li', {},
          make('img', { src: pluginFile(publisher, step.picture), alt: '', loading: 'lazy' }),
          make('span', {}, words(publisher, step.text))))) : null);
  }
}

// @ts-check
// Invitations of the empty slots: asked for when they are shown, renewed when they run out.

import { api } from '../api.js';
import { copy, icon, make } from '../dom.js';
import { dayAndTime } from '../clock.js';
import { t } from '../i18n.js';
import { attempt, toast } from '../toast.js';

/**
 * @typedef {{id: string, code: string, url: string, qr_svg: string, slot: number | null,
 *   expires: string, camera_token: string, whip: string}} Invitation
 */

/** One invitation a slot, kept while it is good. */
export class Invitations {
  /** @type {Map<number, Promise<Invitation | undefined>>} */ #asked = new Map();
  /** @type {Map<number, Invitation>} */ #known = new Map();

  /** @param {string} path  of the session in the API */
  constructor(path) {
    this.path = path;
  }

  /** Take over those that still stand from an earlier visit of this page. */
  async load() {
    const answer = await attempt(() => api('GET', `${this.path}/invitations`));
    for (const one of listed(answer)) if (one.slot && good(one)) this.#known.set(one.slot, one);
  }

  /**
   * @param {number} slot
   * @returns {Promise<Invitation | undefined>}
   */
  of(slot) {
    const known = this.#known.get(slot);
    if (known && good(known)) return Promise.resolve(known);
    let asked = this.#asked.get(slot);
    if (!asked) {
      asked = attempt(() => api('POST', `${this.path}/invitations`, { slot })).then((fresh) => {
        this.#asked.delete(slot);
        if (fresh) this.#known.set(slot, fresh);
        return fresh;
      });
      this.#asked.set(slot, asked);
    }
    return asked;
  }
}

/** @param {Invitation} one */
function good(one) {
  return Date.parse(one.expires) - Date.now() > 30_000;
}

/**
 * The list in an answer of the API, bare or under a name.
 * @param {any} answer
 * @returns {any[]}
 */
export function listed(answer) {
  if (Array.isArray(answer)) return answer;
  return Object.values(answer ?? {}).find(Array.isArray) ?? [];
}

/**
 * The card that invites: QR, code, link.
 * @param {Invitation} invitation
 * @param {HTMLElement[]} more  further buttons
 * @returns {HTMLElement}
 */
export function invitationCard(invitation, more) {
  // An <img> runs no script and loads nothing, whatever the SVG says.
  const svg = invitation.qr_svg.includes('xmlns=') ? invitation.qr_svg
    : invitation.qr_svg.replace('<svg', '<svg xmlns="http://www.w3.org/2000/svg"');
  const picture = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const code = invitation.code.replace(/^(\d{4})(\d{4})$/, '$1-$2');
  const link = make('button', { type: 'button', onclick: async () => {
    if (await copy(invitation.url)) toast(t('base.copied'));
    else toast(invitation.url, { seconds: 15 });
  } }, icon('copy'), make('span', {}, t('invite.copy')));
  return make('div', { class: 'invitation' },
    make('img', { class: 'qr', src: picture, width: 160, height: 160, alt: t('invite.qr') }),
    make('div', { class: 'invitation-text' },
      make('p', { class: 'quiet' }, t('invite.how')),
      make('p', { class: 'code', 'aria-label': t('invite.code', { code: code.split('').join(' ') }) }, code),
      make('p', { class: 'quiet' }, t('invite.until', { time: dayAndTime(invitation.expires) })),
      make('div', { class: 'buttons' }, link, ...more)));
}

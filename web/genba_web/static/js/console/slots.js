// @ts-check
// The cameras panel: one row a slot, and the invitation where nobody sits.

import { Problem } from '../api.js';
import { icon, make, one, show } from '../dom.js';
import { t } from '../i18n.js';
import { attempt } from '../toast.js';
import { invitationCard } from './invitations.js';

/** Draws `#slots` and, while no camera is there, `#first` over the stage. */
export class Slots {
  /** @type {number | null} */ #open = null;
  #drawn = '';
  /** @type {any[]} */ #slots = [];

  /**
   * @param {import('./desk.js').Desk} desk
   * @param {import('./invitations.js').Invitations} invitations
   * @param {ReturnType<typeof import('../later.js').later<import('./owncamera.js').OwnCamera>>} own
   * @param {(slot: number) => void} still
   * @param {(slot: number) => void} look
   */
  constructor(desk, invitations, own, still, look) {
    this.desk = desk;
    this.invitations = invitations;
    this.own = own;
    this.still = still;
    this.look = look;
    // An invitation that runs out while it is looked at is replaced.
    setInterval(() => this.draw(this.#slots, true), 60_000);
  }

  /** The slot that this browser's own camera sends to, or 0. */
  get #mine() {
    return this.own.made?.slot ?? 0;
  }

  /**
   * @param {any[]} slots  of the SessionState
   * @param {boolean} [anew]  draw the invitations again too
   */
  draw(slots, anew = false) {
    this.#slots = slots;
    const empty = slots.filter((slot) => slot.state === 'empty').map((slot) => slot.n);
    if (this.#open === null || !empty.includes(this.#open)) this.#open = empty[0] ?? null;
    // Figures change each second; what has buttons is only built anew when it is another thing.
    const shape = JSON.stringify([this.#mine, this.#open,
      slots.map(({ n, state, name, error }) => [n, state, name, error])]);
    if (anew || shape !== this.#drawn) {
      this.#drawn = shape;
      const focused = document.activeElement?.id;
      one('#slots').replaceChildren(...slots.map((slot) => this.#row(slot)));
      if (focused) document.getElementById(focused)?.focus();
      this.#first(empty.length === slots.length ? empty[0] : 0);
    }
    for (const slot of slots) {
      const place = document.getElementById(`figures-${slot.n}`);
      if (place) place.textContent = figures(slot);
    }
  }

  /** @param {number} slot  0: there is a camera */
  async #first(slot) {
    const first = one('#first');
    show(first, slot > 0);
    document.body.classList.toggle('alone', slot > 0);
    if (!slot) return;
    const invitation = await this.invitations.of(slot);
    if (!invitation) return;
    first.replaceChildren(make('h2', {}, t('invite.first')),
      invitationCard(invitation, [this.#ownButton(invitation, slot)]));
  }

  /**
   * @param {any} slot
   * @returns {HTMLElement}
   */
  #row(slot) {
    return slot.state === 'empty' ? this.#empty(slot) : this.#taken(slot);
  }

  /** @param {any} slot */
  #empty({ n }) {
    const open = n === this.#open;
    const body = make('div', { id: `invite-${n}`, class: 'slot-body', hidden: !open });
    const head = make('button', {
      type: 'button', id: `slot-${n}`, class: 'slot-head', 'aria-expanded': String(open),
      'aria-controls': `invite-${n}`,
      onclick: () => { this.#open = open ? 0 : n; this.draw(this.#slots); },
    }, make('span', { class: 'slot-n' }, String(n)), make('span', { class: 'slot-name' },
      t('slots.empty')), icon('qr'));
    if (open) {
      body.append(make('p', { class: 'quiet' }, t('invite.loading')));
      this.invitations.of(n).then((invitation) => {
        if (invitation) body.replaceChildren(
          invitationCard(invitation, [this.#ownButton(invitation, n)]));
      });
    }
    return make('li', { class: 'slot' }, head, body);
  }

  /** @param {any} slot */
  #taken({ n, state, name, error }) {
    const tool = (/** @type {string} */ picture, /** @type {string} */ label,
      /** @type {() => void} */ action, keys = '') => make('button', {
      type: 'button', id: `${picture}-${n}`, class: 'icon-only', title: keys ? `${label} (${keys})` : label,
      'aria-keyshortcuts': keys || null,
      'aria-label': `${name} ${label}`, onclick: action }, icon(picture));
    const mine = this.#mine === n;
    return make('li', { class: `slot taken ${state}` },
      make('div', { class: 'slot-line' },
        make('span', { class: 'slot-n' }, String(n)),
        make('span', { class: 'slot-name' }, name),
        make('span', { class: `state ${state}` }, make('span', { class: 'dot', 'aria-hidden': 'true' }),
          t(`camera.state.${state}`))),
      error ? make('p', { class: 'fault', role: 'alert' }, icon('bad'),
        make('span', {}, new Problem({ code: error }).title)) : null,
      make('p', { class: 'figures', id: `figures-${n}` }),
      make('div', { class: 'slot-tools' },
        tool('focus', t('slots.focus'), () => this.#do({ do: 'layout', kind: 'focus', focus: n })),
        tool('eye', t('slots.look'), () => this.look(n), `Shift+${n}`),
        tool('still', t('console.still'), () => this.still(n)),
        tool('edit', t('console.rename'), () => this.#rename(n, name)),
        tool('dismiss', t('console.remove'), () => this.#remove(n, name)),
        mine ? make('button', { type: 'button', id: `own-${n}`, onclick: () => this.own.made?.stop() },
          icon('camera-off'), make('span', {}, t('slots.own_stop'))) : null));
  }

  /**
   * @param {import('./invitations.js').Invitation} invitation
   * @param {number} slot
   */
  #ownButton(invitation, slot) {
    return make('button', { type: 'button', class: 'own', disabled: this.#mine > 0,
      onclick: () => attempt(async () => (await this.own()).start(invitation, slot)) },
    icon('desktop'), make('span', {}, t('slots.own')));
  }

  /** @param {{do: string} & Record<string, any>} command */
  #do(command) {
    return attempt(() => this.desk.command(command));
  }

  /**
   * @param {number} slot
   * @param {string} name
   */
  #rename(slot, name) {
    return attempt(async () => {
      const { askName } = await import('./cameradialogs.js');
      const wanted = await askName(name);
      if (wanted) await this.desk.command({ do: 'rename', slot, name: wanted });
    });
  }

  /**
   * @param {number} slot
   * @param {string} name
   */
  #remove(slot, name) {
    return attempt(async () => {
      const { askRemove } = await import('./cameradialogs.js');
      if (!(await askRemove(name))) return;
      if (this.#mine === slot) this.own.made?.stop();
      await this.desk.command({ do: 'remove', slot });
    });
  }
}

/**
 * What the wire says of one camera, in two lines: the picture, the way.
 * @param {any} slot
 * @returns {string}
 */
function figures(slot) {
  const parts = [];
  const way = [];
  if (slot.codec) parts.push({ h264: 'H.264', vp8: 'VP8' }[/** @type {'h264'} */ (slot.codec.toLowerCase())] ?? slot.codec);
  if (slot.width) parts.push(`${slot.width}×${slot.height}`);
  if (slot.fps) parts.push(`${Math.round(slot.fps)} fps`);
  if (slot.kbps) way.push(`${(slot.kbps / 1000).toFixed(1)} Mbps`);
  if (slot.rtt_ms !== null) way.push(t('slots.rtt', { n: slot.rtt_ms }));
  if (slot.width) way.push(t('slots.loss', { n: (slot.loss * 100).toFixed(1) }));
  return [parts, way].map((line) => line.join(' · ')).join('\n').trim();
}

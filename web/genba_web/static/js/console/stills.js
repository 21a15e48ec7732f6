// @ts-check
// Stills: one key, a thumbnail at once, the newest first.

import { api } from '../api.js';
import { timeOfDay } from '../clock.js';
import { make, one, show } from '../dom.js';
import { t } from '../i18n.js';
import { attempt } from '../toast.js';
import { listed } from './invitations.js';

/** The strip in the panel. */
export class Stills {
  /** @param {import('./desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
  }

  /** Show those of earlier. */
  async load() {
    const answer = await attempt(() => api('GET', `${this.desk.path}/stills`));
    const stills = listed(answer).sort((a, b) => a.started_at < b.started_at ? -1 : 1);
    for (const still of stills) this.#add(still.id, still.started_at, still.camera_name);
  }

  /**
   * Keep the view (0) or one camera's picture.
   * @param {number} [slot]
   */
  async take(slot = 0) {
    const still = await attempt(() => this.desk.command({ do: 'still', slot }));
    if (!still) return;
    const stage = one('#stage');
    stage.classList.remove('flash');
    stage.getBoundingClientRect(); // so that the animation starts anew
    stage.classList.add('flash');
    const name = this.desk.state?.slots.find((/** @type {any} */ one) => one.n === slot)?.name ?? '';
    this.#add(still.id, new Date(), name);
  }

  /**
   * @param {string} id
   * @param {string | Date} taken
   * @param {string} camera
   */
  #add(id, taken, camera) {
    const url = `/api/v1/stills/${id}/file`;
    const time = timeOfDay(taken);
    const label = t('console.still_of', { name: camera || t('console.view'), time });
    const open = () => attempt(async () => {
      const { showStill } = await import('./stilldialog.js');
      showStill(id, url, label);
    });
    one('#stills').prepend(make('li', {}, make('button', { type: 'button', class: 'thumb', onclick: open },
      make('img', { src: url, alt: label, loading: 'lazy' }), make('span', {}, time))));
    show(one('#stills-section'), true);
  }
}

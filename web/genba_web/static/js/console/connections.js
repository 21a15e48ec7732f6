// @ts-check
// What protects each media link: shown to whoever opens it.

import { make, one } from '../dom.js';
import { t } from '../i18n.js';

/** Draws `#connections-list`, while `#connections` is open. */
export class Connections {
  #drawn = '';

  /** @param {any[] | undefined} all  of the SessionState */
  draw(all) {
    if (!(/** @type {HTMLDetailsElement} */ (one('#connections')).open)) return;
    const rows = (all ?? []).map((link) => [t(`connections.${link.kind}.${link.way}`, { name: link.name }),
      link.cipher ? protection(link.cipher) : t('connections.waiting')]);
    if (!rows.length) rows.push([t('connections.none'), '']);
    // What one reads or selects stays as it is while nothing changes.
    const shape = JSON.stringify(rows);
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    one('#connections-list').replaceChildren(...rows.map(([who, how]) => make('li', {}, who,
      how ? make('p', { class: 'cipher' }, how) : null)));
  }
}

/**
 * Spread the version, the suite and the SRTP profile.
 * @param {string} cipher
 * @returns {string}
 */
function protection(cipher) {
  return cipher.split(' ').join(' · ').replace('DTLSv', 'DTLS ');
}

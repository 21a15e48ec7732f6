// @ts-check
// What protects each media link, and what each part of a picture's way takes: shown to whoever opens it.

import { make, one, show } from '../dom.js';
import { t } from '../i18n.js';

/** Draws `#connections-list`, while `#connections` is open. */
export class Connections {
  #drawn = '';

  /**
   * @param {any[] | undefined} all  of the SessionState
   * @param {Record<string, {mean_ms: number, p95_ms: number}>} [latency]  of its figures
   */
  draw(all, latency = {}) {
    if (!(/** @type {HTMLDetailsElement} */ (one('#connections')).open)) return;
    this.#times(latency);
    const rows = (all ?? []).map((link) => [t(`connections.${link.kind}.${link.way}`, { name: link.name }),
      link.cipher ? protection(link.cipher) : t('connections.waiting'), gets(link)]);
    if (!rows.length) rows.push([t('connections.none'), '', '']);
    // What one reads or selects stays as it is while nothing changes.
    const shape = JSON.stringify(rows);
    if (shape === this.#drawn) return;
    this.#drawn = shape;
    one('#connections-list').replaceChildren(...rows.map(([who, how, what]) => make('li', {}, who,
      what ? make('p', { class: 'quiet' }, what) : null, how ? make('p', { class: 'cipher' }, how) : null)));
  }

  /** @param {Record<string, {mean_ms: number, p95_ms: number}>} latency */
  #times(latency) {
    const stages = Object.entries(latency);
    show(one('#latency'), stages.length > 0);
    one('#latency-list').replaceChildren(...stages.flatMap(([stage, { mean_ms: mean, p95_ms: most }]) => [
      make('dt', {}, t(`latency.${stage}`)),
      make('dd', {}, t('latency.spread', { mean: mean.toFixed(1), p95: most.toFixed(1) }))]));
  }
}

/**
 * What a viewer is sent.
 * @param {{quality?: string | null, shed?: string | null}} link
 */
function gets({ quality, shed }) {
  if (shed) return t(`connections.shed.${shed}`);
  return quality ? t(`connections.quality.${quality}`) : '';
}

/**
 * Spread the version, the suite and the SRTP profile.
 * @param {string} cipher
 * @returns {string}
 */
function protection(cipher) {
  return cipher.split(' ').join(' · ').replace('DTLSv', 'DTLS ');
}

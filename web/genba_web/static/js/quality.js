// @ts-check
// The choice of the picture's quality: kept on this device, asked for at once.

import { Problem } from './api.js';
import { all, one, say } from './dom.js';
import { t } from './i18n.js';

const KEY = 'genba.quality';
const WISHES = ['auto', 'low', 'high'];

/** @returns {string} */
export function wish() {
  const kept = localStorage.getItem(KEY) ?? '';
  if (WISHES.includes(kept)) return kept;
  const { connection } = /** @type {any} */ (navigator);
  return connection?.saveData ? 'low' : 'auto';
}

/**
 * Let a person choose in the page's one list.
 * @param {import('./live.js').LiveView} live
 */
export function offerQuality(live) {
  const list = /** @type {HTMLSelectElement} */ (one('#quality'));
  const video = /** @type {HTMLVideoElement} */ (live.media);
  const draw = () => {
    const lines = video.videoHeight;
    for (const option of all('option', list)) {
      const word = t(`quality.${option.getAttribute('value')}`);
      const chosen = /** @type {HTMLOptionElement} */ (option).selected;
      say(option, chosen && lines ? t('quality.lines', { word, lines }) : word);
    }
  };
  list.value = wish();
  list.addEventListener('change', async () => {
    localStorage.setItem(KEY, list.value);
    draw();
    try {
      await live.viewer?.wish(list.value);
    } catch (error) {
      // The next link begins with it.
      if (!(error instanceof Problem)) throw error;
    }
  });
  video.addEventListener('resize', draw);
  draw();
}

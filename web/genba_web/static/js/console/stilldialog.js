// @ts-check
// A still at its full size.

import { openDialog } from '../dialog.js';
import { one } from '../dom.js';

/**
 * @param {string} id
 * @param {string} url
 * @param {string} label
 */
export function showStill(id, url, label) {
  const picture = /** @type {HTMLImageElement} */ (one('#still-picture'));
  picture.src = url;
  picture.alt = label;
  one('#still-title').textContent = label;
  const link = /** @type {HTMLAnchorElement} */ (one('#still-download'));
  link.href = url;
  link.download = `genba-${id}.jpg`;
  openDialog('#still-dialog');
}

// @ts-check
// The questions about one camera: its name, and whether it has to go.

import { ask } from '../dialog.js';
import { one } from '../dom.js';
import { t } from '../i18n.js';

/**
 * @param {string} name
 * @returns {Promise<string | null>}  the new name, null when it stays
 */
export async function askName(name) {
  const input = /** @type {HTMLInputElement} */ (one('#rename-name'));
  input.value = name;
  if (!(await ask('#rename-dialog'))) return null;
  const wanted = input.value.trim();
  return wanted && wanted !== name ? wanted : null;
}

/**
 * @param {string} name
 * @returns {Promise<boolean>}
 */
export function askRemove(name) {
  one('#remove-what').textContent = t('console.remove.advice', { name });
  return ask('#remove-dialog');
}

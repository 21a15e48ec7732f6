// @ts-check
// Erases a recording after asking.

import { api } from './api.js';
import { ask } from './dialog.js';
import { one } from './dom.js';
import { t } from './i18n.js';
import { attempt } from './toast.js';

/**
 * @param {string} id
 * @param {string} name
 * @returns {Promise<boolean>}  whether it is erased
 */
export async function erase(id, name) {
  one('#erase-what').textContent = t('recordings.erase.what', { name });
  if (!(await ask('#erase'))) return false;
  const done = await attempt(async () => {
    await api('DELETE', `/recordings/${id}`);
    return true;
  });
  return done === true;
}

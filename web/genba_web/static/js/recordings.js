// @ts-check
import { erase } from './erase.js';
import { one } from './dom.js';
import { t } from './i18n.js';
import { keepFresh } from './refresh.js';
import { toast } from './toast.js';

document.addEventListener('click', async (event) => {
  const button = event.target instanceof Element ? event.target.closest('.erase') : null;
  const row = /** @type {HTMLElement | null | undefined} */ (button?.closest('tr'));
  if (!row) return;
  const { id = '', name = '' } = row.dataset;
  if (!(await erase(id, name))) return;
  toast(t('recordings.erased'));
  row.remove();
  if (!document.querySelector('#list tbody tr')) location.reload();
  else one('#main').focus();
});

keepFresh('#list', 3, () => Boolean(
  document.querySelector('[data-state="writing"], [data-state="finishing"]')));

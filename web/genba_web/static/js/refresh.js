// @ts-check
// Keeps a list as the server would show it now, without a flash and without losing the focus.

import { one } from './dom.js';

/**
 * Fetch this page again every few seconds while it is looked at, and put its `selector` in place
 * of ours when it is another one. A fetch that fails is simply tried again later.
 * @param {string} selector
 * @param {number} seconds
 * @param {() => boolean} [wanted]
 */
export function keepFresh(selector, seconds, wanted = () => true) {
  let before = one(selector).innerHTML;
  const look = async () => {
    if (document.hidden || !wanted() || document.querySelector('dialog[open]')) return;
    let response;
    try {
      response = await fetch(location.href, { headers: { Accept: 'text/html' } });
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.querySelector(selector);
    if (!fresh || fresh.innerHTML === before) return;
    before = fresh.innerHTML;
    const focused = document.activeElement?.getAttribute('href');
    one(selector).replaceWith(document.adoptNode(fresh));
    if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[href="${CSS.escape(focused)}"]`))?.focus();
  };
  setInterval(look, seconds * 1000);
  document.addEventListener('visibilitychange', look);
}

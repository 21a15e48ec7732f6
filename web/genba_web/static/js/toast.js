// @ts-check
// Short words about what was just done, or why it was not.

import { Problem } from './api.js';
import { icon, make, one } from './dom.js';

/**
 * Say something for a few seconds.
 * @param {string} text
 * @param {{advice?: string, bad?: boolean, seconds?: number}} [options]
 */
export function toast(text, { advice = '', bad = false, seconds = bad ? 8 : 3 } = {}) {
  const box = make('div', { class: bad ? 'toast bad' : 'toast' },
    icon(bad ? 'warning' : 'check'),
    make('div', {}, make('strong', {}, text), advice ? make('p', {}, advice) : null));
  const dialogs = document.querySelectorAll('dialog[open]');
  const place = one('#toasts');
  // A modal dialog hides everything below it, so its own top is where words are seen.
  (dialogs[dialogs.length - 1] ?? document.body).append(place);
  place.append(box);
  setTimeout(() => box.remove(), seconds * 1000);
}

/**
 * Do something a person asked for; a refusal is shown, never lost.
 * @template T
 * @param {() => Promise<T>} action
 * @returns {Promise<T | undefined>}
 */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    const problem = Problem.from(error);
    toast(problem.title, { advice: problem.advice, bad: true });
    return undefined;
  }
}

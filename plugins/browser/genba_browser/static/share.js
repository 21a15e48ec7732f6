// @ts-check
// Where the share-ready window stands, so that its address bar shows no ticket in a meeting.

export const ADDRESS = '/plugins/browser/window';
const KEY = 'genba.window';

/**
 * Remember, for this window alone, what it really shows.
 * @param {string} path
 */
export function keep(path) {
  sessionStorage.setItem(KEY, path);
}

/** @returns {string | null} */
export function kept() {
  const path = sessionStorage.getItem(KEY);
  return path?.startsWith('/v/') ? path : null;
}

// @ts-check
// The page's texts: the server puts the catalogue of the page's language into the page.

/**
 * @param {string} id
 * @returns {Record<string, any>}
 */
function block(id) {
  const text = document.getElementById(id)?.textContent?.trim();
  return text ? JSON.parse(text) : {};
}

const catalogue = block('catalogue');

/** What the server tells this page beside its texts. */
export const boot = block('boot');

/** `ja` or `en`. */
export const lang = document.documentElement.lang || 'ja';

/** @param {string} key */
export function has(key) {
  return key in catalogue;
}

/**
 * The text of `key` with its `{name}`s filled in; a key without a text shows itself.
 * @param {string} key
 * @param {Record<string, string | number>} [args]
 * @returns {string}
 */
export function t(key, args = {}) {
  const text = catalogue[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ all, /** @type {string} */ name) =>
    name in args ? String(args[name]) : all);
}

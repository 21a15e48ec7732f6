// @ts-check
// The few things that every page does with its elements.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * The one element that `selector` names; a page without it is a fault of the page.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function one(selector, root = document) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export function all(selector, root = document) {
  return /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
}

/**
 * Make an element. `on…` attributes are listeners, true is an empty attribute, false, null and
 * undefined are none; text children are never read as markup.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null)} children
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * An icon of the sprite; it says nothing to a screen reader, its button does.
 * @param {string} name
 * @returns {SVGElement}
 */
export function icon(name) {
  const svg = /** @type {SVGElement} */ (document.createElementNS(SVG, 'svg'));
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `/static/vendor/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

/**
 * Change the icon that a button shows.
 * @param {ParentNode} button
 * @param {string} name
 */
export function setIcon(button, name) {
  button.querySelector('use')?.setAttribute('href', `/static/vendor/icons.svg#${name}`);
}

/**
 * @param {Element} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  element.toggleAttribute('hidden', !visible);
}

/**
 * Set a text only when it is another one, so that a live region is not read twice.
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Copy a text; true when the clipboard took it (it needs HTTPS or localhost).
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
  const area = /** @type {HTMLTextAreaElement} */ (make('textarea', { class: 'off-screen' }));
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

// @ts-check
// The ways to share, as the server's plugins offer them, and the form that each asks for.

import { make } from '../dom.js';
import { has, t } from '../i18n.js';

/**
 * @typedef {{name: string, label: string, kind: 'meeting' | 'minutes' | 'flag' | 'text',
 *   default: string, choices: string[], required: boolean}} Field
 * @typedef {{kind: string, plugin?: string, label: string, icon: string, fields: Field[],
 *   guide: {picture: string, text: string}[]}} Publisher
 */

/**
 * A plugin's text, whether its key came with the plugin's name or without.
 * @param {Publisher} publisher
 * @param {string} key
 */
export function words(publisher, key) {
  const full = `${publisher.plugin ?? publisher.kind}.${key}`;
  return has(full) ? t(full) : t(key);
}

/**
 * @param {Publisher} publisher
 * @param {string} file  below the plugin's static folder
 */
export function pluginFile(publisher, file) {
  if (file.startsWith('/')) return file;
  return `/plugins/${publisher.plugin ?? publisher.kind}/static/${file}`;
}

/**
 * The publisher that a pasted link names by its host or scheme; the server has the last word.
 * @param {Publisher[]} publishers
 * @param {string} text
 * @returns {Publisher | undefined}
 */
export function named(publishers, text) {
  let url;
  try {
    url = new URL(text.trim());
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
  const where = `${url.protocol}${url.hostname}`;
  return publishers.find(({ kind, fields }) =>
    where.includes(kind) && fields.some((field) => field.kind === 'meeting'));
}

/**
 * The controls for one publisher's fields.
 * @param {Publisher} publisher
 * @param {string} meeting  a link that was pasted already
 * @returns {HTMLElement[]}
 */
export function controls(publisher, meeting) {
  return publisher.fields.map((field) => {
    const id = `field-${field.name}`;
    const name = field.name;
    const label = words(publisher, field.label);
    if (field.kind === 'flag') {
      return make('label', { class: 'check', for: id },
        make('input', { type: 'checkbox', id, name, checked: field.default === '1' }),
        make('span', {}, label));
    }
    const control = field.kind === 'minutes' && field.choices.length
      ? make('select', { id, name }, ...field.choices.map((choice) => make('option',
        { value: choice, selected: choice === field.default }, period(Number(choice)))))
      : make('input', {
        id, name, type: 'text', required: field.required, autocomplete: 'off', spellcheck: 'false',
        value: field.kind === 'meeting' ? meeting : field.default, 'data-kind': field.kind,
        inputmode: field.kind === 'meeting' ? 'url' : null,
        placeholder: field.kind === 'meeting' ? 'https://…' : null,
      });
    return make('div', { class: 'field' }, make('label', { for: id }, label), control);
  });
}

/** @param {number} minutes */
function period(minutes) {
  if (minutes >= 60 && minutes % 60 === 0) return t('share.hours', { n: minutes / 60 });
  return t('share.minutes', { n: minutes });
}

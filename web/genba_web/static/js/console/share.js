// @ts-check
// The share dialog: choose a way, or paste a meeting link that chooses by itself.

import { Problem, api } from '../api.js';
import { openDialog } from '../dialog.js';
import { copy, make, one } from '../dom.js';
import { t } from '../i18n.js';
import { attempt, toast } from '../toast.js';
import { listed } from './invitations.js';
import { Publications } from './publications.js';
import { controls, named, words } from './publishers.js';

/** Owns `#share-dialog`. */
export class Share {
  /** @type {import('./publishers.js').Publisher[]} */ publishers = [];
  #kind = '';
  #meeting = '';
  #form = /** @type {HTMLFormElement} */ (one('#share-form'));

  /** @param {import('./desk.js').Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.publications = new Publications(desk, () => this.publishers);
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#start();
    });
    this.#form.addEventListener('input', (event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (input.name === 'kind') this.#choose(input.value);
      if (input.dataset.kind === 'meeting') this.#pasted(input.value);
    });
  }

  /** Ask the server which ways there are. */
  async load() {
    this.publishers = listed(await attempt(() => api('GET', '/publishers')));
    one('#kinds').replaceChildren(...this.publishers.map((publisher) => make('label',
      { class: 'kind' },
      make('input', { type: 'radio', name: 'kind', value: publisher.kind }),
      make('span', {}, words(publisher, publisher.label)))));
    if (this.publishers.length) this.#choose(this.publishers[0].kind);
    if (this.desk.state) this.publications.draw(this.desk.state.publications);
  }

  /** Show the dialog. */
  open() {
    openDialog('#share-dialog');
    one('#share-error').textContent = '';
  }

  /** @param {string} kind */
  #choose(kind) {
    this.#kind = kind;
    const publisher = this.publishers.find((one) => one.kind === kind);
    if (!publisher) return;
    const radio = /** @type {HTMLInputElement} */ (
      one(`#kinds input[value="${CSS.escape(kind)}"]`));
    radio.checked = true;
    one('#fields').replaceChildren(...controls(publisher, this.#meeting));
    one('#share-error').textContent = '';
  }

  /** @param {string} text */
  #pasted(text) {
    this.#meeting = text;
    const publisher = named(this.publishers, text);
    if (!publisher || publisher.kind === this.#kind) return;
    this.#choose(publisher.kind);
    /** @type {HTMLElement | null} */ (document.querySelector('#fields [data-kind="meeting"]'))?.focus();
  }

  async #start() {
    const options = Object.fromEntries([...new FormData(this.#form)]
      .filter(([name]) => name !== 'kind').map(([name, value]) => [name, String(value)]));
    for (const box of this.#form.querySelectorAll('#fields [type="checkbox"]')) {
      const { name, checked } = /** @type {HTMLInputElement} */ (box);
      options[name] = checked ? '1' : '';
    }
    const field = /** @type {HTMLInputElement | null} */ (
      this.#form.querySelector('[data-kind="meeting"]'));
    const text = field?.value.trim() ?? '';
    if (field) delete options[field.name];
    const button = /** @type {HTMLButtonElement} */ (one('#share-go'));
    button.disabled = true;
    one('#share-error').textContent = '';
    try {
      // With a link the server finds out whose it is; a wrong choice of ours does no harm.
      const made = await this.desk.command({ do: 'publish', kind: text ? '' : this.#kind, text, options });
      this.#meeting = '';
      if (field) field.value = '';
      if (made.join_url && await copy(made.join_url)) toast(t('share.copied'));
      else toast(t('share.started'));
    } catch (error) {
      const problem = Problem.from(error);
      one('#share-error').textContent = `${problem.title} ${problem.advice}`;
    } finally {
      button.disabled = false;
    }
  }
}

// @ts-check
// Native <dialog>s: focus stays inside, Escape closes, the answer is a promise.

import { all, one } from './dom.js';

/**
 * Open a dialog whose form has `method="dialog"`; true when its `yes` button was pressed.
 * @param {string} selector
 * @returns {Promise<boolean>}
 */
export function ask(selector) {
  const dialog = /** @type {HTMLDialogElement} */ (one(selector));
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      document.body.append(one('#toasts'));
      resolve(dialog.returnValue === 'yes');
    }, { once: true });
  });
}

/**
 * Open a dialog that stays until it is closed; its close button and its backdrop close it.
 * @param {string} selector
 * @returns {HTMLDialogElement}
 */
export function openDialog(selector) {
  const dialog = /** @type {HTMLDialogElement} */ (one(selector));
  if (dialog.open) return dialog;
  const close = () => dialog.close();
  const outside = (/** @type {MouseEvent} */ event) => { if (event.target === dialog) close(); };
  const buttons = all('.close', dialog);
  for (const button of buttons) button.addEventListener('click', close);
  dialog.addEventListener('click', outside);
  dialog.addEventListener('close', () => {
    document.body.append(one('#toasts'));
    for (const button of buttons) button.removeEventListener('click', close);
    dialog.removeEventListener('click', outside);
  }, { once: true });
  dialog.showModal();
  return dialog;
}

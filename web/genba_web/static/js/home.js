// @ts-check
import { api } from './api.js';
import { one } from './dom.js';
import { keepFresh } from './refresh.js';
import { attempt } from './toast.js';

const button = /** @type {HTMLButtonElement} */ (one('#new'));

button.addEventListener('click', async () => {
  button.disabled = true;
  const session = await attempt(() => api('POST', '/sessions', {}));
  if (session) location.href = `/s/${session.id}`;
  else button.disabled = false;
});

// Back from a console by the browser's button: the page stands as it was left.
addEventListener('pageshow', () => { button.disabled = false; });

keepFresh('#list', 5);

// @ts-check
import { erase } from './erase.js';
import { one } from './dom.js';
import { keepFresh } from './refresh.js';

const { id = '', name = '' } = one('#recording').dataset;

document.addEventListener('click', async (event) => {
  if (!(event.target instanceof Element && event.target.closest('.erase'))) return;
  if (await erase(id, name)) location.href = '/recordings';
});

keepFresh('#list', 2, () => Boolean(document.querySelector('.player.writing, .player.finishing')));

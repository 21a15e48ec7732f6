// @ts-check
// The supporter's console: puts its parts together and hands them the state.

import { api } from './api.js';
import { runClock } from './clock.js';
import { Desk } from './console/desk.js';
import { Invitations } from './console/invitations.js';
import { Record } from './console/record.js';
import { Slots } from './console/slots.js';
import { Stage } from './console/stage.js';
import { Stills } from './console/stills.js';
import { all, make, one, say, show } from './dom.js';
import { t } from './i18n.js';
import { later } from './later.js';
import { attempt, toast } from './toast.js';

const desk = new Desk(one('#desk').dataset.session ?? '');
const stage = new Stage(desk);
const invitations = new Invitations(desk.path);
const stills = new Stills(desk);
const record = new Record(desk);

// What most visits never use is fetched at its first use, so that the first picture comes sooner.
const own = later(async () => {
  const { OwnCamera } = await import('./console/owncamera.js');
  return new OwnCamera(desk, () => { if (desk.state) slots.draw(desk.state.slots); });
});
const mic = later(async () => {
  const { Mic } = await import('./console/mic.js');
  return new Mic(desk, () => stage.hear(true));
});
const share = later(async () => {
  const { Share } = await import('./console/share.js');
  const made = new Share(desk);
  await made.load();
  return made;
});
const connections = later(async () => {
  const { Connections } = await import('./console/connections.js');
  return new Connections();
});
one('#connections').addEventListener('toggle', () => attempt(async () =>
  (await connections()).draw(desk.state?.connections, desk.state?.figures.latency)));
const close = later(async () => {
  const { CloseLook } = await import('./console/closelook.js');
  return new CloseLook(desk, (slot) => stills.take(slot));
});
const slots = new Slots(desk, invitations, own, (slot) => stills.take(slot), look);

/** @param {number} slot  whose camera this supporter alone wants to see large */
function look(slot) {
  return attempt(async () => (await close()).look(slot));
}

/**
 * @param {string} kind
 * @param {number} [focus]
 */
function setLayout(kind, focus = desk.state?.layout.focus ?? 1) {
  return attempt(() => desk.command({ do: 'layout', kind, focus }));
}

/** @param {boolean} on */
function speak(on) {
  return attempt(async () => (await mic()).set(on));
}

function end() {
  return attempt(async () => {
    const { ask } = await import('./dialog.js');
    if (!(await ask('#end-dialog'))) return;
    // The session may be gone before it can answer: then its end was told already.
    await desk.command({ do: 'end' }).catch((error) => { if (!desk.over) throw error; });
  });
}

desk.addEventListener('state', (event) => {
  const state = /** @type {CustomEvent} */ (event).detail;
  slots.draw(state.slots);
  record.draw(state.recording);
  if (share.made || state.publications.length)
    attempt(async () => (await share()).publications.draw(desk.state.publications));
  for (const button of all('.tool.layout'))
    button.setAttribute('aria-pressed', String(button.dataset.kind === state.layout.kind));
  const live = state.slots.filter((/** @type {any} */ slot) => slot.state === 'live').length;
  say(one('#count-text'), t('console.count', { n: live, all: state.slots.length }));
  one('#count').classList.toggle('good', live > 0);
  drawPeople(state.watching);
  connections.made?.draw(state.connections, state.figures.latency);
  close.made?.draw();
});

/** @param {string[]} watching */
function drawPeople(watching) {
  const guests = watching.filter((name) => !name).length;
  const lines = watching.filter(Boolean);
  if (guests) lines.push(t('console.guests', { n: guests }));
  const list = one('#people');
  const rows = lines.length ? lines : [t('console.nobody')];
  if (list.dataset.rows === rows.join('\n')) return;
  list.dataset.rows = rows.join('\n');
  list.replaceChildren(...rows.map((row) => make('li', {}, row)));
}

desk.addEventListener('link', (event) => {
  const { state, problem } = /** @type {CustomEvent} */ (event).detail;
  const pill = one('#link');
  pill.classList.toggle('good', state === 'open');
  pill.classList.toggle('bad', state === 'refused');
  const words = { open: 'console.link.open', trying: 'console.link.connecting', waiting: 'console.link.waiting',
    returning: 'console.link.returning' };
  const word = words[/** @type {'open'} */ (state)];
  say(one('#link-text'), word ? t(word) : problem.title);
  pill.title = one('#link-text').textContent ?? '';
});

desk.addEventListener('moved', () => {
  stage.live.renew();
  close.made?.renew();
  mic.made?.renew();
  own.made?.renew();
  toast(t('console.moved'));
});

desk.addEventListener('ended', (event) => {
  const { told } = /** @type {CustomEvent} */ (event).detail;
  if (!told) attempt(async () => {
    // It went without a word: perhaps nobody ended it.
    if ((await api('GET', desk.path)).reason === 'failed') stage.end(true);
  });
  close.made?.close();
  mic.made?.stop(true);
  own.made?.stop(true);
  stage.end();
  show(one('#rec-pill'), false);
  show(one('#count'), false);
  say(one('#link-text'), t('console.link.ended'));
  one('#link').classList.remove('good');
  document.body.classList.add('over');
  for (const button of all('.tools button, .slots button')) button.setAttribute('disabled', '');
});

one('#share').addEventListener('click', () => attempt(async () => (await share()).open()));
one('#mic').addEventListener('click', () => speak(!mic.made?.on));
one('#still').addEventListener('click', () => stills.take());
one('#end').addEventListener('click', end);
for (const button of all('.tool.layout'))
  button.addEventListener('click', () => setLayout(button.dataset.kind ?? 'grid'));

const toggle = one('#panel-toggle');
toggle.addEventListener('click', () => {
  const open = document.body.classList.toggle('panel-open');
  toggle.setAttribute('aria-expanded', String(open));
});

/** @type {number | undefined} */
let held;
document.addEventListener('keydown', (event) => {
  const typing = event.target instanceof Element && event.target.closest('input, select, textarea, dialog:not(#look-dialog)');
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.body.classList.contains('over')) return;
  const key = event.key.toLowerCase();
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1] ?? key; // with Shift the key is another sign
  const near = close.made?.slot ?? 0;
  if (key === 'escape') document.body.classList.remove('panel-open');
  if (event.repeat) return;
  if (event.shiftKey && digit !== key) look(Number(digit));
  else if (near && key === '0') close.made?.close();
  else if (near && /^[1-9]$/.test(key)) look(Number(key));
  else if (key === '0') setLayout('grid');
  else if (/^[1-4]$/.test(key)) setLayout(desk.state?.layout.kind === 'pip' ? 'pip' : 'focus', Number(key));
  else if (key === 's') stills.take(near);
  else if (key === 'r') record.toggle();
  else if (key === 'm') {
    held = mic.made?.on ? undefined : performance.now();
    speak(!mic.made?.on);
  }
});
document.addEventListener('keyup', (event) => {
  // Held down and let go: it was push to talk.
  if (event.key.toLowerCase() === 'm' && held && performance.now() - held > 500) speak(false);
  if (event.key.toLowerCase() === 'm') held = undefined;
});

runClock(one('#clock'));
stage.live.start();
desk.start(() => stage.live.showing || (close.made?.showing ?? false));
await Promise.all([invitations.load(), stills.load()]);

// @ts-check
// The camera page: one tap, then the truth about what arrives.

import { Problem } from './api.js';
import { KeepAwake } from './camera/wakelock.js';
import { Lens } from './camera/lens.js';
import { cameraProblem, inApp } from './camera/problem.js';
import { Sending } from './camera/sending.js';
import { codeHere, forget, formatCode, join } from './camera/session.js';
import { all, icon, make, one, say, setIcon, show } from './dom.js';
import { t } from './i18n.js';
import { play } from './play.js';

const SECTIONS = ['enter', 'wait', 'invite', 'problem', 'live', 'ended'];
const code = codeHere();
const own = /** @type {HTMLVideoElement} */ (one('#own'));
/** @type {import('./camera/session.js').Joined | null} */ let joined = null;
/** @type {Sending | null} */ let sending = null;
let paused = false;
let interrupted = false;

const lens = new Lens({
  onTrack: (track) => {
    if (track.kind === 'video') own.srcObject = lens.stream;
    sending?.replace(track);
    drawTools();
  },
  onInterrupted: (is) => {
    interrupted = is;
    if (!paused) sending?.pause(is, 'interrupted');
    drawVeil();
  },
  onProblem: (error) => { if (!interrupted) failed(error); },
});
const awake = new KeepAwake((held) => {
  const advice = one('#advice');
  show(advice, !held);
  say(advice, t('camera.keep_on'));
});

/** @param {string} name */
function section(name) {
  for (const other of SECTIONS) show(one(`#${other}`), other === name);
  show(one('#header'), name !== 'live');
  document.body.classList.toggle('sending', name === 'live');
}

/**
 * @param {string} title
 * @param {string} advice
 * @param {string} id  to tell the supporter
 * @param {HTMLElement[]} buttons
 */
function problem(title, advice, id, buttons) {
  say(one('#problem-title'), title);
  say(one('#problem-advice'), advice);
  say(one('#problem-code'), id);
  one('#problem-buttons').replaceChildren(...buttons);
  section('problem');
  buttons[0]?.focus();
}

/**
 * @param {string} text
 * @param {() => void} action
 */
function again(text, action) {
  return make('button', { type: 'button', class: 'primary huge', onclick: action },
    icon('retry'), make('span', {}, text));
}

/** @param {unknown} error  of getUserMedia */
function failed(error) {
  stop();
  const kind = cameraProblem(error);
  const buttons = [again(t('camera.problem.again'), start)];
  if (kind === 'webview') buttons.unshift(...outside());
  problem(t(`camera.problem.${kind}.title`), t(`camera.problem.${kind}.advice`), `camera.${kind}`, buttons);
}

/** The way out of an app's own browser, where the app has one. */
function outside() {
  if (!/\bLine\//.test(navigator.userAgent)) return [];
  const url = new URL(location.href);
  url.searchParams.set('openExternalBrowser', '1');
  return [make('a', { class: 'button primary huge', href: url.href }, t('camera.problem.webview.open'))];
}

/** @param {Problem} refusal */
function refused(refusal) {
  stop();
  forget(code);
  const useless = ['invitation.unknown', 'session.ended', 'ticket.expired', 'ticket.revoked'];
  const other = make('a', { class: 'button', href: '/j' }, t('camera.other_code'));
  const buttons = useless.includes(refusal.code) ? [other]
    : [again(t('camera.problem.again'), invite), ...(refusal.final ? [other] : [])];
  problem(refusal.title, refusal.advice, refusal.code, buttons);
}

async function invite() {
  section('wait');
  try {
    joined = await join(code);
  } catch (error) {
    refused(Problem.from(error));
    return;
  }
  say(one('#invite-session'), joined.session_name);
  one('#invite-recording').replaceChildren(icon(joined.recording ? 'record' : 'eye'), make('span', {},
    t(joined.recording ? 'camera.invite.recorded' : 'camera.invite.not_recorded')));
  one('#invite-notice').replaceChildren(t('camera.invite.webview'), ...outside());
  show(one('#invite-notice'), inApp);
  if (!isSecureContext) failed(new DOMException('', 'SecurityError'));
  else section('invite');
}

async function start() {
  if (!joined) return;
  const hear = /** @type {HTMLAudioElement} */ (one('#hear'));
  try {
    await lens.start();
  } catch (error) {
    failed(error);
    return;
  }
  own.srcObject = lens.stream;
  paused = false;
  interrupted = false;
  section('live');
  status('connecting');
  show(one('#watched'), false);
  show(one('#rec'), joined.recording);
  drawVeil();
  sending = new Sending(joined, lens.stream, hear, {
    onLink: (now) => { if (now.state !== 'connected') status(now.state === 'waiting' ? 'lost' : 'connecting'); },
    onNews: news,
    onEnded: (reason) => ended(reason),
    onRefused: refused,
  });
  sending.start();
  await Promise.all([play(own), awake.start(), drawTools()]);
}

/** @param {'connecting' | 'live' | 'lost' | 'paused'} state */
function status(state) {
  const pill = one('#status');
  say(pill, t(`camera.status.${state}`));
  pill.classList.toggle('good', state === 'live');
  pill.classList.toggle('busy', state === 'connecting' || state === 'lost');
}

/** @param {any} camera  what the session says of this camera */
function news({ slot, recording, watched, watchers }) {
  const state = slot?.state ?? 'connecting';
  status(state === 'empty' ? 'connecting' : state);
  const seen = watched && state === 'live';
  show(one('#watched'), seen);
  if (seen) say(one('#watched'), watchers.length
    ? t('camera.watched_by', { names: watchers.join(t('camera.names_and')) }) : t('camera.watched'));
  show(one('#rec'), recording);
  const fault = slot?.error ? new Problem({ code: slot.error }) : null;
  show(one('#fault'), fault !== null);
  if (fault) say(one('#fault'), `${fault.title}\n${fault.advice}`);
}

function drawVeil() {
  show(one('#veil'), paused || interrupted);
  say(one('#veil-text'), t(paused ? 'camera.paused' : 'camera.interrupted'));
  show(one('#resume'), paused);
  const button = one('#pause');
  button.setAttribute('aria-pressed', String(paused));
  say(one('span', button), t(paused ? 'camera.resume_short' : 'camera.pause'));
  setIcon(button, paused ? 'play' : 'pause');
}

async function drawTools() {
  const mic = /** @type {HTMLButtonElement} */ (one('#mic'));
  mic.disabled = !lens.sound;
  const on = lens.sound?.enabled ?? false;
  mic.setAttribute('aria-pressed', String(!on));
  setIcon(mic, on ? 'mic' : 'mic-off');
  say(one('span', mic), t(on ? 'camera.mic' : 'camera.mic_off'));
  show(one('#light'), lens.hasLight);
  one('#light').setAttribute('aria-pressed', 'false');
  show(one('#lens'), await lens.count() > 1);
}

async function pause() {
  paused = !paused;
  drawVeil();
  await sending?.pause(paused, 'user');
}

function stop() {
  sending?.stop();
  sending = null;
  lens.stop();
  own.srcObject = null;
  awake.stop();
}

/** @param {string} reason */
function ended(reason) {
  stop();
  const known = ['stopped', 'session_ended', 'expired', 'shutdown'];
  say(one('#ended-why'), t(`camera.ended.${known.includes(reason) ? reason : 'left'}`));
  show(one('#rejoin'), reason !== 'session_ended' && reason !== 'expired');
  section('ended');
  one('#ended').querySelector('button')?.focus();
}

one('#send').addEventListener('click', start);
one('#rejoin').addEventListener('click', start);
one('#pause').addEventListener('click', pause);
one('#resume').addEventListener('click', pause);
one('#end').addEventListener('click', () => ended('left'));
one('#mic').addEventListener('click', () => {
  if (lens.sound) lens.sound.enabled = !lens.sound.enabled;
  drawTools();
});
one('#lens').addEventListener('click', async () => {
  for (const button of all('.round')) /** @type {HTMLButtonElement} */ (button).disabled = true;
  await lens.next();
  for (const button of all('.round')) /** @type {HTMLButtonElement} */ (button).disabled = false;
  drawTools();
});
one('#light').addEventListener('click', async () => {
  const button = one('#light');
  const on = button.getAttribute('aria-pressed') !== 'true';
  await lens.light(on);
  button.setAttribute('aria-pressed', String(on));
  setIcon(button, on ? 'light-off' : 'light');
});

const input = /** @type {HTMLInputElement} */ (one('#code'));
input.addEventListener('input', () => {
  input.value = formatCode(input.value);
  say(one('#code-error'), '');
});
one('#code-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const typed = formatCode(input.value);
  if (typed.length === 9) location.href = `/j/${typed}`;
  else say(one('#code-error'), t('camera.enter.short'));
});

if (code) {
  await invite();
} else {
  section('enter');
  input.focus();
}

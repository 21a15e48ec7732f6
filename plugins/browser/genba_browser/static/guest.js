// @ts-check
// The guest's page: nothing to click for the picture, one click for the sound.

import { timeOfDay } from '/static/js/clock.js';
import { icon, make, one, say, setIcon, show } from '/static/js/dom.js';
import { boot, t } from '/static/js/i18n.js';
import { offerQuality } from '/static/js/quality.js';
import { KeepAwake } from '/static/js/camera/wakelock.js';
import { GuestLink } from './guestlink.js';

/** @type {Record<string, string>} */
const ICONS = {
  slow: 'wifi-off', full: 'people', not_started: 'camera', blocked: 'play', expired: 'info',
  revoked: 'stop', ended: 'check', over: 'stop', refused: 'warning',
};
const OVER = new Set(['expired', 'revoked', 'ended', 'over', 'refused']);

const video = /** @type {HTMLVideoElement} */ (one('#view'));
const stage = one('#stage');
const sound = one('#sound');
const full = one('#full');
const go = one('#cover-go');
const awake = new KeepAwake(() => {});
const still = /** @type {HTMLCanvasElement} */ (one('#still'));
const link = new GuestLink(video, still, /** @type {any} */ (boot), draw);
let drawnCameras = '';

function draw() {
  const { state, view } = link;
  document.body.dataset.state = state;
  show(still, state === 'reconnecting');
  const over = OVER.has(state);
  show(one('#bar'), !over);
  show(one('#rec'), !over && Boolean(view?.recording));
  drawCover();
  drawNote();
  if (view) drawCameras(view.cameras);
  if (over) awake.stop();
}

function drawCover() {
  const { state, problem } = link;
  const covered = !['playing', 'single', 'reconnecting'].includes(state);
  show(one('#cover'), covered);
  if (!covered) return;
  const refused = state === 'refused' && problem;
  show(one('#cover-spinner'), state === 'connecting');
  show(one('#cover-icon'), state !== 'connecting');
  setIcon(one('#cover-icon'), ICONS[state] ?? 'info');
  say(one('#cover-title'), refused ? problem.title : t(`browser.state.${state}`));
  say(one('#cover-advice'), refused ? problem.advice
    : state === 'connecting' ? '' : t(`browser.state.${state}.advice`));
  show(go, state === 'slow' || state === 'blocked');
  if (state === 'slow') go.replaceChildren(icon('retry'), make('span', {}, t('browser.again')));
  if (state === 'blocked') go.replaceChildren(icon('play'), make('span', {}, t('browser.show')));
}

function drawNote() {
  const note = one('#note');
  show(note, link.state === 'reconnecting');
  if (link.state !== 'reconnecting') return;
  note.replaceChildren(make('span', {}, t('browser.state.reconnecting')), ' ',
    make('span', {}, t('browser.state.last_picture', { time: timeOfDay(link.pictureAt) })));
}

/** @param {{n: number, name: string, state: string}[]} cameras */
function drawCameras(cameras) {
  const there = cameras.filter(({ state }) => ['live', 'paused', 'lost'].includes(state));
  const shape = JSON.stringify(there);
  if (shape === drawnCameras) return;
  drawnCameras = shape;
  one('#cameras').replaceChildren(...there.map(({ n, name, state }) => make('li', {
    class: `guest-camera ${state}` }, make('span', { class: 'dot', 'aria-hidden': 'true' }),
  make('span', {}, name || t('browser.camera', { n })),
  state === 'live' ? null : make('span', { class: 'quiet' }, t(`browser.camera.${state}`)))));
}

async function toggleSound() {
  await link.live.mute(!video.muted);
  setIcon(sound, video.muted ? 'sound-off' : 'sound');
  sound.classList.toggle('primary', video.muted);
  say(one('span', sound), t(video.muted ? 'browser.sound.on' : 'browser.sound.off'));
}

const phone = /** @type {any} */ (video); // iPhones show only a video full screen, their own way
const main = one('#main');

async function toggleFull() {
  if (document.fullscreenElement) await document.exitFullscreen();
  else if (document.fullscreenEnabled) await main.requestFullscreen();
  else phone.webkitEnterFullscreen();
}

function drawFull() {
  say(one('span', full), t(document.fullscreenElement ? 'browser.full.off' : 'browser.full.on'));
}

show(full, document.fullscreenEnabled || Boolean(phone.webkitEnterFullscreen));
say(one('#until'), t('browser.until', { time: `${timeOfDay(boot.expires)} JST` }));
sound.addEventListener('click', toggleSound);
full.addEventListener('click', toggleFull);
stage.addEventListener('dblclick', toggleFull);
document.addEventListener('fullscreenchange', drawFull);
go.addEventListener('click', () => {
  if (link.state === 'blocked') link.live.play();
  else link.retry();
});
draw();
offerQuality(link.live);
link.start();
awake.start();

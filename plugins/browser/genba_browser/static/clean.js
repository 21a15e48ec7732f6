// @ts-check
// The share-ready window: the picture, always muted, that somebody shows in a meeting.

import { one, say, show } from '/static/js/dom.js';
import { boot, t } from '/static/js/i18n.js';
import { KeepAwake } from '/static/js/camera/wakelock.js';
import { GuestLink } from './guestlink.js';
import { ADDRESS, keep } from './share.js';

const STILL = 2; // seconds without a movement until the cursor goes

const video = /** @type {HTMLVideoElement} */ (one('#view'));
const awake = new KeepAwake(() => {});
const still = /** @type {HTMLCanvasElement} */ (one('#still'));
const link = new GuestLink(video, still, /** @type {any} */ (boot), draw);

function draw() {
  const { state } = link;
  document.body.dataset.state = state;
  show(still, state === 'reconnecting');
  const covered = !['playing', 'single', 'reconnecting'].includes(state);
  show(one('#cover'), covered);
  show(one('#note'), state === 'reconnecting');
  if (state === 'reconnecting') say(one('#note'), t('browser.state.reconnecting'));
  // A meeting needs to know that nothing comes, not whose fault it is.
  if (covered) say(one('#cover'), t(`browser.state.${state === 'refused' ? 'over' : state}`));
}

/** Hide the cursor unless it moves. */
function quieten() {
  let timer = 0;
  const moved = () => {
    document.body.classList.remove('still');
    clearTimeout(timer);
    timer = setTimeout(() => document.body.classList.add('still'), STILL * 1000);
  };
  addEventListener('pointermove', moved);
  moved();
}

/** Let a page of ours that captures this window tell which view it is; no other page may ask. */
function introduce() {
  const devices = /** @type {any} */ (navigator.mediaDevices);
  if (window.top !== window || !devices?.setCaptureHandleConfig) return;
  devices.setCaptureHandleConfig({
    handle: `genba-${boot.link}`, exposeOrigin: true, permittedOrigins: [location.origin],
  });
}

// The address bar may be seen in the meeting: it must not show the ticket.
keep(location.pathname + location.search);
history.replaceState(null, '', ADDRESS);
introduce();
quieten();
draw();
link.start();
awake.start();
// A click is the way out of what an energy saver blocked.
addEventListener('pointerdown', () => { if (link.state === 'blocked') link.live.play(); });

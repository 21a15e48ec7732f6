// @ts-check
// One link to the view: its picture, what it is told, and the one true word for how it stands.

import { Problem } from '/static/js/api.js';
import { Control } from '/static/js/control.js';
import { Epoch } from '/static/js/epoch.js';
import { LiveView } from '/static/js/live.js';
import { wish } from '/static/js/quality.js';
import { Reconnect } from '/static/js/reconnect.js';
import { WhepViewer } from '/static/js/whep.js';

const PATIENCE = 3; // seconds that "connecting" may last before the page says more
const SEEN = new Set(['live', 'paused', 'lost']); // a camera that was there once
const FULL = new Set(['server.busy', 'rate.limited']);
const OVER = new Map([
  ['ticket.expired', 'expired'],
  ['ticket.revoked', 'revoked'],
  ['session.ended', 'ended'],
]);

/**
 * `slow` is connecting for more than three seconds, `reconnecting` keeps the last picture,
 * `single` shows a picture every few seconds, `not_started` is a view without any camera yet. From `expired` on all is over for good;
 * `over` is an end whose reason is not known (yet), `refused` brings its problem.
 * @typedef {'connecting' | 'slow' | 'playing' | 'single' | 'reconnecting' | 'not_started' | 'full' | 'blocked'
 *   | 'expired' | 'revoked' | 'ended' | 'over' | 'refused'} GuestState
 * @typedef {{ticket: string, link: string, expires: string, whep: string,
 *   control: string, ice_servers: import('/static/js/rtclink.js').IceServer[]}} Boot
 * @typedef {{name: string, recording: boolean,
 *   cameras: {n: number, name: string, state: string}[]}} View
 */

/** Keeps itself up for as long as the link works. */
export class GuestLink {
  /** @type {GuestState} */ state = 'connecting';
  /** @type {View | null} */ view = null;
  /** @type {Problem | null} */ problem = null;
  /** When the newest picture was shown, in milliseconds since 1970; 0 before the first. */
  pictureAt = 0;
  /** @type {GuestState | null} */ #over = null;
  /** @type {import('/static/js/live.js').LiveState} */ #live = 'connecting';
  #slow = false;
  #epoch = new Epoch();
  /** @type {number | undefined} */ #timer;
  /** @type {Control | null} */ #control = null;

  /**
   * @param {HTMLVideoElement} video
   * @param {HTMLCanvasElement} still  where the last picture stands while `reconnecting`
   * @param {Boot} boot
   * @param {() => void} onChange  called after `state` or `view` changed
   */
  constructor(video, still, boot, onChange) {
    this.still = still;
    this.boot = boot;
    this.onChange = onChange;
    this.live = new LiveView(video, async () => boot, {
      onState: (state, { problem = null }) => this.#lived(state, problem),
      wish,
    });
    this.reconnect = new Reconnect(() => this.#converse());
  }

  /** Whether frames of cameras really are on the screen now. */
  get showing() {
    return this.state === 'playing' && this.live.showing;
  }

  /** Connect; call it once. */
  start() {
    this.live.start();
    this.reconnect.start();
    this.#hurry();
    setInterval(() => { if (this.live.showing) this.pictureAt = Date.now(); }, 500);
  }

  /** Try again at once, from a person's hand. */
  retry() {
    this.#slow = false;
    this.#hurry();
    this.live.retry();
  }

  #hurry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#slow = true;
      this.#judge();
    }, PATIENCE * 1000);
  }

  async #converse() {
    const control = new Control(this.boot.control, this.boot.ticket, {
      onMessage: (message) => this.#told(message),
      onClose: ({ final }) => {
        if (final) this.#end('over');
        else this.reconnect.again();
      },
    });
    await control.connect();
    if (this.#over) {
      control.close();
      return;
    }
    this.#control = control;
    control.watch(() => this.showing);
  }

  /** @param {any} message */
  #told(message) {
    if (message.type === 'view') {
      this.reconnect.good();
      if (this.#epoch.moved(message.epoch)) this.live.renew();
      this.view = message;
      this.#judge();
      this.onChange();
    } else if (message.type === 'ended') {
      this.#end(message.reason === 'expired' ? 'expired' : 'over');
    }
  }

  /**
   * @param {import('/static/js/live.js').LiveState} state
   * @param {Problem | null} problem
   */
  #lived(state, problem) {
    if (this.#over) return;
    this.#live = state;
    if (state === 'playing') this.pictureAt = Date.now();
    if (state === 'refused' && problem) this.#refused(problem);
    else if (state !== 'connecting') this.problem = problem;
    this.#judge();
  }

  /** @param {Problem} problem */
  #refused(problem) {
    this.problem = problem;
    this.#end(OVER.get(problem.code) ?? 'refused');
  }

  /** @param {string} why */
  #end(why) {
    if (this.#over) return;
    this.#over = /** @type {GuestState} */ (why);
    clearTimeout(this.#timer);
    this.reconnect.stop();
    this.live.stop();
    this.#control?.close();
    this.#judge();
    if (why === 'over') this.#learn();
  }

  /** Ask once more, only to hear from the refusal why it is over. */
  async #learn() {
    const { whep: url, ticket, ice_servers: iceServers } = this.boot;
    const probe = new WhepViewer(document.createElement('video'), { url, ticket, iceServers });
    try {
      await probe.start();
    } catch (error) {
      const problem = Problem.from(error);
      this.#over = /** @type {GuestState} */ (OVER.get(problem.code) ?? 'over');
      this.#judge();
    } finally {
      probe.stop();
    }
  }

  #judge() {
    const state = this.#over ?? this.#now();
    if (state === this.state) return;
    if (state === 'reconnecting' && this.state !== 'full') this.#keep();
    this.state = state;
    this.onChange();
  }

  /** Draw the last picture beside the video, which goes black once a new link has it. */
  #keep() {
    const video = /** @type {HTMLVideoElement} */ (this.live.media);
    this.still.width = video.videoWidth;
    this.still.height = video.videoHeight;
    this.still.getContext('2d')?.drawImage(video, 0, 0);
  }

  /** @returns {GuestState} */
  #now() {
    if (this.#live === 'blocked') return 'blocked';
    if (this.#live === 'playing' || this.#live === 'single') {
      this.#slow = true; // whatever breaks from here on has been seen once
      clearTimeout(this.#timer);
      return this.#cameras() ? this.#live : 'not_started';
    }
    if (this.problem && FULL.has(this.problem.code)) return 'full';
    if (this.pictureAt) return 'reconnecting';
    return this.#slow ? 'slow' : 'connecting';
  }

  /** Whether a camera has ever been in the picture; unknown counts as yes. */
  #cameras() {
    return !this.view || this.view.cameras.some(({ state }) => SEEN.has(state));
  }
}

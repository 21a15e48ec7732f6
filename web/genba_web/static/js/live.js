// @ts-check
// Keeps a view on the screen: WHEP, and again whenever it breaks.

import { later } from './later.js';
import { Reconnect } from './reconnect.js';
import { WhepViewer } from './whep.js';

/**
 * @typedef {{ticket: string, whep: string, ice_servers?: import('./rtclink.js').IceServer[]}} Way
 * `single`: pictures every few seconds in place of moving ones; more says why (`shed`).
 * @typedef {'connecting' | 'playing' | 'single' | 'waiting' | 'blocked' | 'refused' | 'ended'} LiveState
 */

/** One media element that shows the view for as long as the page wants it. */
export class LiveView {
  /** @type {WhepViewer | null} */ viewer = null;
  #frames = 0;
  #narrow = false;
  #singles = later(async () => {
    const { Singles } = await import('./singles.js');
    return new Singles(this.media, this.way);
  });

  /**
   * @param {HTMLMediaElement} media
   * @param {() => Promise<Way>} way  asked before each try, so that a ticket can be a fresh one
   * @param {{video?: boolean, onState?: (state: LiveState, more: {seconds?: number,
   *   problem?: import('./api.js').Problem | null}) => void, wish?: () => string}} [options]
   *   `wish` is asked before each try, too: the quality that the person wants
   */
  constructor(media, way, { video = true, onState = () => {}, wish = () => 'auto' } = {}) {
    this.media = media;
    this.way = way;
    this.video = video;
    this.onState = onState;
    this.wish = wish;
    this.muted = video;
    this.reconnect = new Reconnect(() => this.#attempt(), {
      onState: (now) => {
        if (now.state === 'trying') this.onState('connecting', {});
        else this.onState(now.state, now);
      },
    });
  }

  /** Whether frames really are being shown now. */
  get showing() {
    return this.viewer?.showing ?? false;
  }

  /** Frames shown since the page opened. */
  get frames() {
    return this.#frames + (this.viewer?.frames ?? 0);
  }

  /** Start; the element never goes blank without a state that says why. */
  start() {
    this.reconnect.start();
  }

  /**
   * Turn the sound on or off; call it from a tap.
   * @param {boolean} muted
   */
  async mute(muted) {
    this.muted = muted;
    this.media.muted = muted;
    await this.viewer?.play();
  }

  /** Make a new link at once: the session has come back, and the old one leads nowhere. */
  renew() {
    this.reconnect.renew();
  }

  /** Try again at once, from a person's hand. */
  retry() {
    this.reconnect.stop();
    this.reconnect.start();
  }

  /** Play after `blocked`; call it from a tap. */
  async play() {
    await this.viewer?.play();
  }

  /**
   * End it for good.
   * @param {boolean} [told]  the session is over: nobody is left to say goodbye to
   */
  stop(told = false) {
    this.reconnect.stop();
    this.viewer?.stop(told);
    this.#singles.made?.stop();
    this.onState('ended', {});
  }

  async #attempt() {
    this.#frames = this.frames;
    this.viewer?.stop();
    this.viewer = null;
    const { whep, ticket, ice_servers: iceServers = [] } = await this.way();
    /** @type {WhepViewer} */
    const viewer = new WhepViewer(this.media, {
      url: whep,
      ticket,
      iceServers,
      video: this.video,
      muted: this.muted,
      wish: this.wish(),
      narrow: this.#narrow,
      onState: (state) => { if (this.viewer === viewer) this.#changed(state); },
    });
    this.viewer = viewer;
    await viewer.start();
  }

  /** @param {import('./whep.js').ViewerState} state */
  #changed(state) {
    if (state !== 'single') this.#singles.made?.stop();
    if (state === 'single') {
      this.#single();
    } else if (state === 'playing') {
      this.reconnect.good();
      this.onState('playing', {});
    } else if (state === 'blocked') {
      this.onState('blocked', {});
    } else if (state === 'stalled' || state === 'lost') {
      this.#narrow = this.viewer?.narrow ?? false;
      this.reconnect.again();
    }
  }

  async #single() {
    const { viewer } = this;
    const singles = await this.#singles();
    if (!viewer || this.viewer !== viewer || viewer.state !== 'single') return;
    singles.start(viewer.shed);
    this.reconnect.good();
    this.onState('single', {});
  }
}

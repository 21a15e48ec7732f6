// @ts-check
// Looks at the view, or hears its sound, by WHEP.

import { Problem } from './api.js';
import { play } from './play.js';
import { RtcLink } from './rtclink.js';

const STALL = 2; // seconds without a new frame
const HOLD = 10; // as long as that while the server makes the picture smaller

/**
 * `connecting`, then `playing` once a frame is really on the screen; `stalled` after two seconds
 * without one, `single` instead where the server has said that the way carries no moving picture
 * (it comes back by itself), `lost` when the link is gone, `ended` after stop(). `blocked` beside `playing`
 * or `connecting`: the browser wants a tap before it plays.
 * @typedef {'connecting' | 'playing' | 'stalled' | 'single' | 'lost' | 'ended' | 'blocked'} ViewerState
 * @typedef {{wish: string, quality: string | null, lines: number, highest: number,
 *   shed: string | null}} Viewing
 */

/** One WHEP link shown in one media element. A new link needs a new viewer. */
export class WhepViewer {
  /** Frames put on the screen so far. */
  frames = 0;
  /** @type {ViewerState} */ state = 'ended';
  #shown = -Infinity;
  #since = 0;
  #asked = 0;
  /** Why there is no moving picture, while `single`. */ shed = '';
  /** Whether the way carried too little when it stalled. */ narrow = false;
  #callback = 0;
  #beat = 0;
  /** @type {RtcLink | null} */ #link = null;
  #stream = new MediaStream();
  #visible = () => { this.#since = performance.now(); };

  /**
   * @param {HTMLMediaElement} media  a <video>, or an <audio> with `video: false`
   * @param {{url: string, ticket: string, iceServers?: import('./rtclink.js').IceServer[],
   *   video?: boolean, audio?: boolean, muted?: boolean, wish?: string, narrow?: boolean,
   *   lone?: boolean, onState?: (state: ViewerState) => void}} options  `muted` is how a picture starts,
   *   `wish` which quality it asks for; `narrow`: the last link carried no more than the lowest;
   *   `lone`: the picture has one form alone, and nothing else is asked for where it stalls
   */
  constructor(media, { url, ticket, iceServers = [], video = true, audio = true, muted = video,
    wish = 'auto', narrow = false, lone = false, onState = () => {} }) {
    this.media = media;
    const asked = new URL(url, location.href);
    if (wish !== 'auto') asked.searchParams.set('quality', wish);
    if (narrow) asked.searchParams.set('narrow', '1');
    this.options = { url: asked.href, ticket, iceServers, video, audio, lone };
    this.onState = onState;
    media.muted = muted;
    media.setAttribute('playsinline', '');
  }

  /** Whether a frame was shown within the last second and a half, on a visible page. */
  get showing() {
    return !document.hidden && performance.now() - this.#shown < 1500;
  }

  /** The RTCPeerConnection, for figures; null when there is none. */
  get pc() {
    return this.#link?.pc ?? null;
  }

  /** Open the link; throws a Problem when the server refuses. */
  async start() {
    const { video, audio } = this.options;
    this.#set('connecting');
    const link = new RtcLink({ ...this.options, onLost: () => this.#lost() });
    this.#link = link;
    if (video) link.pc.addTransceiver('video', { direction: 'recvonly' });
    if (audio) link.pc.addTransceiver('audio', { direction: 'recvonly' });
    link.pc.addEventListener('track', ({ track }) => this.#stream.addTrack(track));
    await link.open();
    if (this.#link !== link) return;
    this.media.srcObject = this.#stream;
    this.#since = performance.now();
    document.addEventListener('visibilitychange', this.#visible);
    if (video) this.#count();
    this.#beat = setInterval(() => this.#check(), 250);
    await this.play();
  }

  /**
   * Ask for another quality; throws a Problem.
   * @param {string} quality  `auto`, `low` or `high`
   */
  async wish(quality) {
    await this.#link?.ask('quality', { quality });
  }

  /** Play; call it from a tap after `blocked`. */
  async play() {
    if (!(await play(this.media))) this.onState('blocked');
  }

  /**
   * End the link. The element keeps its last picture until something else is put there.
   * @param {boolean} [told]  the session is over: nobody is left to say goodbye to
   */
  stop(told = false) {
    this.#drop(told);
    this.#set('ended');
  }

  #lost() {
    this.#drop();
    this.#set('lost');
  }

  #drop(told = false) {
    clearInterval(this.#beat);
    document.removeEventListener('visibilitychange', this.#visible);
    if (this.media instanceof HTMLVideoElement) this.media.cancelVideoFrameCallback?.(this.#callback);
    const link = this.#link;
    this.#link = null;
    link?.close(told);
  }

  #count() {
    const video = /** @type {HTMLVideoElement} */ (this.media);
    if (!video.requestVideoFrameCallback) return;
    this.#callback = video.requestVideoFrameCallback(() => {
      if (!this.#link || video.srcObject !== this.#stream) return;
      this.#frame();
      this.#count();
    });
  }

  #frame() {
    this.frames += 1;
    this.#shown = performance.now();
    if (this.state !== 'playing') this.#set('playing');
  }

  #check() {
    const { media } = this;
    if (!this.options.video) {
      if (!media.paused && this.#link?.pc.connectionState === 'connected') this.#set('playing');
      return;
    }
    if (media instanceof HTMLVideoElement && !media.requestVideoFrameCallback) {
      const total = media.getVideoPlaybackQuality().totalVideoFrames;
      if (total > this.frames) {
        this.#frame();
        this.frames = total;
      }
    }
    // A hidden page shows nothing, which is no fault of the link.
    if (document.hidden || media.paused) this.#since = performance.now();
    const quiet = performance.now() - Math.max(this.#shown, this.#since);
    const limit = this.state === 'connecting' ? 3 * STALL : STALL;
    if (quiet <= limit * 1000) return;
    if (this.options.lone) this.#set('stalled');
    else if (performance.now() - this.#asked > 1000) this.#doubt(quiet);
  }

  /** @param {number} quiet  milliseconds without a frame: is it the way, and does the server know? */
  async #doubt(quiet) {
    const link = this.#link;
    const shown = this.#shown;
    this.#asked = Infinity; // one question at a time
    /** @type {Viewing | null} */ let viewing = null;
    try {
      viewing = await link?.ask('quality');
    } catch (error) {
      Problem.from(error); // whatever it is, the link is of no use
    }
    this.#asked = performance.now();
    if (this.#link !== link || this.#shown !== shown) return;
    this.narrow = Boolean(viewing);
    if (viewing?.shed) {
      this.shed = viewing.shed;
      this.#set('single');
    } else if (viewing?.quality !== 'low' || quiet > HOLD * 1000) {
      this.#set('stalled');
    }
  }

  /** @param {ViewerState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}

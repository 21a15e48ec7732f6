// @ts-check
// Looks at the view, or hears its sound, by WHEP.

import { play } from './play.js';
import { RtcLink } from './rtclink.js';

const STALL = 2; // seconds without a new frame

/**
 * `connecting`, then `playing` once a frame is really on the screen; `stalled` after two seconds
 * without one, `lost` when the link is gone, `ended` after stop(). `blocked` beside `playing`
 * or `connecting`: the browser wants a tap before it plays.
 * @typedef {'connecting' | 'playing' | 'stalled' | 'lost' | 'ended' | 'blocked'} ViewerState
 */

/** One WHEP link shown in one media element. A new link needs a new viewer. */
export class WhepViewer {
  /** Frames put on the screen so far. */
  frames = 0;
  /** @type {ViewerState} */ state = 'ended';
  #shown = -Infinity;
  #since = 0;
  #callback = 0;
  #beat = 0;
  /** @type {RtcLink | null} */ #link = null;
  #stream = new MediaStream();
  #visible = () => { this.#since = performance.now(); };

  /**
   * @param {HTMLMediaElement} media  a <video>, or an <audio> with `video: false`
   * @param {{url: string, ticket: string, iceServers?: import('./rtclink.js').IceServer[],
   *   video?: boolean, audio?: boolean, muted?: boolean,
   *   onState?: (state: ViewerState) => void}} options  `muted` is how a picture starts
   */
  constructor(media, { url, ticket, iceServers = [], video = true, audio = true, muted = video,
    onState = () => {} }) {
    this.media = media;
    this.options = { url, ticket, iceServers, video, audio };
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
    if (quiet > limit * 1000) this.#set('stalled');
  }

  /** @param {ViewerState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}

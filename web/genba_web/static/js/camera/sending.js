// @ts-check
// The camera's three ties to the session: WHIP out, the supporter's voice in, the control socket.

import { Control, ENDED } from '../control.js';
import { Epoch } from '../epoch.js';
import { LiveView } from '../live.js';
import { Reconnect } from '../reconnect.js';
import { WhipPublisher } from '../whip.js';

/**
 * @typedef {{onLink: (now: {state: string, seconds?: number}) => void, onNews: (news: any) => void,
 *   onEnded: (reason: string) => void, onRefused: (problem: import('../api.js').Problem) => void}} Told
 */

/** Sends one stream until stop(), the session's end, or a refusal. */
export class Sending {
  /** @type {WhipPublisher | null} */ #publisher = null;
  /** @type {Control | null} */ #control = null;
  #over = false;
  #epoch = new Epoch();
  #paused = { paused: false, why: 'user' };
  #lines = 0; // what the session wants of the picture's shorter side; 0: all

  /**
   * @param {import('./session.js').Joined} joined
   * @param {MediaStream} stream
   * @param {HTMLAudioElement} hear
   * @param {Told} told
   */
  constructor(joined, stream, hear, told) {
    this.joined = joined;
    this.stream = stream;
    this.told = told;
    const refused = (/** @type {import('../api.js').Problem} */ problem) => {
      if (this.#over) return;
      this.stop();
      told.onRefused(problem);
    };
    this.media = new Reconnect(() => this.#send(), { onState: (now) => {
      if (now.state === 'refused') refused(now.problem);
      else told.onLink(now);
    } });
    this.ties = new Reconnect(() => this.#connect(), { onState: (now) => {
      if (now.state === 'refused') refused(now.problem);
    } });
    this.voice = new LiveView(hear, async () => ({
      ticket: joined.token, whep: joined.whep, ice_servers: joined.ice_servers }), { video: false });
  }

  /** Start all three; call it from the tap, so that the voice may play. */
  start() {
    this.media.start();
    this.ties.start();
    this.voice.start();
  }

  /**
   * End all three.
   * @param {boolean} [told]  the session has said that it is over
   */
  stop(told = false) {
    if (this.#over) return;
    this.#over = true;
    this.media.stop();
    this.ties.stop();
    this.voice.stop(told);
    this.#publisher?.stop(told);
    this.#control?.close();
  }

  /**
   * Send another track of the same kind, or no picture for a while.
   * @param {MediaStreamTrack} track
   */
  async replace(track) {
    if (!(track.kind === 'video' && this.#paused.paused && this.#paused.why === 'user'))
      await this.#publisher?.replace(track);
  }

  /**
   * Stop the picture, or go on; the server and everybody who watches are told why.
   * @param {boolean} paused
   * @param {'user' | 'interrupted'} why
   */
  async pause(paused, why) {
    this.#paused = { paused, why };
    this.#control?.send({ type: 'paused', paused, why });
    if (why === 'user') await this.#hold();
  }

  async #hold() {
    const video = this.stream.getVideoTracks()[0];
    await this.#publisher?.picture(this.#paused.paused && this.#paused.why === 'user' ? null : video ?? null);
  }

  async #send() {
    this.#publisher?.stop();
    const { whip, token, ice_servers: iceServers } = this.joined;
    const publisher = new WhipPublisher({ url: whip, ticket: token, iceServers, onState: (state) => {
      if (this.#publisher !== publisher) return;
      if (state === 'connected') {
        this.media.good();
        this.told.onLink({ state: 'connected' });
      } else if (state === 'lost') {
        this.media.again();
      }
    } });
    this.#publisher = publisher;
    await publisher.limit(this.#lines);
    await publisher.start(this.stream);
    await this.#hold();
  }

  async #connect() {
    const control = new Control(this.joined.control, this.joined.token, {
      onMessage: (message) => this.#message(message),
      onClose: ({ code }) => {
        this.#control = null;
        if (code === ENDED) this.#ended('session_ended');
        else this.ties.again();
      },
    });
    await control.connect();
    this.#control = control;
    if (this.#paused.paused) control.send({ type: 'paused', ...this.#paused });
  }

  /** @param {any} message */
  #message(message) {
    if (message.type === 'camera') {
      this.ties.good();
      if (this.#epoch.moved(message.epoch)) {
        this.media.renew();
        this.voice.renew();
      }
      this.#size(message.lines ?? 0);
      this.told.onNews(message);
    } else if (message.type === 'ended') {
      this.#ended(message.reason);
    }
  }

  /** @param {number} lines */
  #size(lines) {
    if (this.#lines === lines) return;
    this.#lines = lines;
    this.#publisher?.limit(lines);
  }

  /** @param {string} reason */
  #ended(reason) {
    if (this.#over) return;
    this.stop(true);
    this.told.onEnded(reason);
  }
}

// @ts-check
// One way from here to the server's media port: opened as a camera's link is, then measured.

import { request } from '../api.js';
import { RtcLink } from '../rtclink.js';

/**
 * @typedef {{heard: boolean, live: boolean, kbps: number, loss: number, rtt_ms: number | null,
 *   codec: string}} Seen
 * @typedef {import('./steps.js').Begun} Begun
 */

const POLL = 300; // ms between two looks at what the server sees
const FIRST = 8000; // ms until the first picture has to be there
const MEASURED = 4000; // ms

export const wait = (/** @type {number} */ ms) => new Promise((done) => { setTimeout(done, ms); });

/** `open` it, `measure` it, `close` it. */
export class Way {
  /** @type {RtcLink | null} */ #link = null;
  #begun = 0;
  /** Whether the browser has got an address of a relay. */
  relayed = false;
  /** The code of the last thing that went wrong on the way to a relay. */
  errorCode = 0;

  /**
   * @param {Begun} begun
   * @param {MediaStream} stream
   * @param {import('../rtclink.js').IceServer | null} relay  the only way, where it is given
   */
  constructor(begun, stream, relay = null) {
    this.begun = begun;
    this.stream = stream;
    this.relay = relay;
  }

  /**
   * Connect; the milliseconds that it took, or null after `limit` without a connection.
   * @param {number} limit  ms
   * @returns {Promise<number | null>}
   */
  async open(limit) {
    this.#begun = performance.now();
    let over = () => {};
    const connected = new Promise((done) => {
      const link = new RtcLink({
        url: this.begun.whip,
        ticket: this.begun.ticket,
        iceServers: this.relay ? [this.relay] : [],
        relayOnly: this.relay !== null,
        onConnected: () => done(true),
        onLost: () => done(false),
      });
      this.#link = link;
      over = () => done(false);
      link.pc.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.type === 'relay') this.relayed = true;
      });
      link.pc.addEventListener('icecandidateerror', (event) => {
        this.errorCode = /** @type {RTCPeerConnectionIceErrorEvent} */ (event).errorCode;
      });
      for (const track of this.stream.getTracks()) {
        track.contentHint = 'motion';
        link.pc.addTransceiver(track, { direction: 'sendonly', streams: [this.stream],
          sendEncodings: [{ maxBitrate: 2_500_000 }] });
      }
    });
    const timer = setTimeout(over, limit);
    try {
      await this.#link?.open();
      return await connected ? Math.round(performance.now() - this.#begun) : null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** What the server sees of us. @returns {Promise<Seen>} */
  async seen() {
    const response = await request('/test/seen', {
      headers: { Authorization: `Bearer ${this.begun.ticket}` } }, 5);
    return response.json();
  }

  /**
   * Send for some seconds. `first` is null where no picture arrived.
   * @param {boolean} moving  whether there are pictures to send
   */
  async measure(moving) {
    let first = null;
    /** @type {Seen} */ let seen = await this.seen();
    while (moving && first === null && performance.now() - this.#begun < FIRST) {
      if (seen.live) first = Math.round(performance.now() - this.#begun);
      else await wait(POLL);
      if (first === null) seen = await this.seen();
    }
    if (first !== null) {
      await wait(MEASURED);
      seen = await this.seen();
    }
    return { first, seen, ...await this.#path() };
  }

  /** The pair of addresses in use, without the addresses. */
  async #path() {
    const stats = [...(await this.#link?.pc.getStats() ?? new Map()).values()];
    const transport = stats.find(({ type }) => type === 'transport');
    const pair = stats.find(({ id, type, nominated, state }) => type === 'candidate-pair'
      && (transport?.selectedCandidatePairId ? id === transport.selectedCandidatePairId
        : nominated && state === 'succeeded'));
    const local = stats.find(({ id }) => id === pair?.localCandidateId);
    const remote = stats.find(({ id }) => id === pair?.remoteCandidateId);
    const address = String(remote?.address ?? remote?.ip ?? '');
    return {
      rtt: pair?.currentRoundTripTime === undefined ? null : Math.round(pair.currentRoundTripTime * 1000),
      family: address ? (address.includes(':') ? 6 : 4) : null,
      network: String(local?.networkType ?? ''),
    };
  }

  /** Say goodbye: by DTLS where there is a connection, else to the server. */
  close() {
    this.#link?.close(this.#link.pc.connectionState === 'connected');
    this.#link = null;
  }
}

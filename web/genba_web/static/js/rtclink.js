// @ts-check
// What WHIP (RFC 9725) and WHEP have in common: one offer, one answer, trickle, goodbye.

import { Problem, request } from './api.js';
import { iceLinks } from './icelinks.js';

/**
 * @typedef {{urls: string | string[], username?: string, credential?: string}} IceServer
 */

/**
 * @param {IceServer[]} servers  as the API gives them: empty names mean none
 * @returns {RTCIceServer[]}
 */
function iceServers(servers) {
  return servers.map(({ urls, username, credential }) =>
    username ? { urls, username, credential } : { urls });
}

/** One RTCPeerConnection with the HTTP resource that stands for it. */
export class RtcLink {
  #url;
  #ticket;
  /** @type {string | null} */ #location = null;
  #etag = '';
  /** @type {RTCIceCandidate[]} */ #candidates = [];
  #complete = false;
  /** @type {number | undefined} */ #patch;
  /** @type {number | undefined} */ #grace;
  #bye = () => this.close();
  #closed = false;
  #secret = false;

  /**
   * @param {{url: string, ticket: string, iceServers?: IceServer[], relayOnly?: boolean,
   *   onLost: () => void, onConnected?: () => void}} options
   *   `relayOnly`: by way of a TURN server or not at all; `onLost` is called once when the other side is gone, never after close()
   */
  constructor({ url, ticket, iceServers: servers = [], relayOnly = false, onLost,
    onConnected = () => {} }) {
    this.#url = new URL(url, location.href);
    this.#ticket = ticket;
    this.onLost = onLost;
    this.onConnected = onConnected;
    this.#secret = servers.some(({ username }) => username);
    this.pc = new RTCPeerConnection({ iceServers: iceServers(servers), bundlePolicy: 'max-bundle',
      iceTransportPolicy: relayOnly ? 'relay' : 'all' });
    this.pc.addEventListener('icecandidate', ({ candidate }) => this.#candidate(candidate));
    this.pc.addEventListener('connectionstatechange', () => this.#changed());
    addEventListener('pagehide', this.#bye);
  }

  /** Send the offer and take the answer; throws a Problem. */
  async open() {
    try {
      if (this.#secret) await this.#renew();
      if (this.#closed) return;
      await this.pc.setLocalDescription();
      const response = await request(this.#url.href, {
        method: 'POST',
        headers: { ...this.#headers(), 'Content-Type': 'application/sdp' },
        body: this.pc.localDescription?.sdp,
      });
      const at = response.headers.get('Location');
      this.#location = at ? new URL(at, this.#url).href : null;
      this.#etag = response.headers.get('ETag') ?? '';
      const sdp = await response.text();
      if (this.#closed) {
        this.#delete();
        return;
      }
      await this.pc.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      // Closed meanwhile: its owner knows already.
      if (this.#closed) return;
      this.close();
      throw error;
    }
    for (const { transport } of [...this.pc.getSenders(), ...this.pc.getReceivers()])
      if (transport) transport.onstatechange = () => this.#changed();
    this.#schedule();
  }

  /**
   * Say goodbye; works while the page is being left too.
   * @param {boolean} [told]  the session is over: nobody is left to say it to
   */
  close(told = false) {
    if (this.#closed) return;
    if (told) this.#location = null;
    this.#closed = true;
    removeEventListener('pagehide', this.#bye);
    clearTimeout(this.#patch);
    clearTimeout(this.#grace);
    this.pc.close();
    this.#delete();
  }

  /**
   * Ask something of the link's own resource, or tell it; throws a Problem.
   * @param {string} name
   * @param {object} [told]
   * @returns {Promise<any>}
   */
  async ask(name, told) {
    if (!this.#location) throw new Problem({});
    const sent = told ? { method: 'PUT', body: JSON.stringify(told) } : {};
    const headers = { ...this.#headers(), ...(told ? { 'Content-Type': 'application/json' } : {}) };
    return (await request(`${this.#location}/${name}`, { ...sent, headers }, 5)).json();
  }

  /** Ask for the ICE servers again: their credentials last minutes, and a page stays for hours. */
  async #renew() {
    const answer = await request(this.#url.href, { method: 'OPTIONS', headers: this.#headers() });
    const servers = iceServers(iceLinks(answer.headers.get('Link') ?? ''));
    if (servers.length && !this.#closed)
      this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: servers });
  }

  #headers() {
    return { Authorization: `Bearer ${this.#ticket}` };
  }

  #delete() {
    if (!this.#location) return;
    const location = this.#location;
    this.#location = null;
    // A link that is gone already, or a server that is: nothing is left to end.
    fetch(location, { method: 'DELETE', headers: this.#headers(), keepalive: true }).catch(() => {});
  }

  #changed() {
    if (this.#closed) return;
    const states = [...this.pc.getSenders(), ...this.pc.getReceivers()].map(
      ({ transport }) => transport?.state);
    const state = this.pc.connectionState;
    clearTimeout(this.#grace);
    if (states.includes('closed')) this.#lose(true); // the other side has said goodbye
    else if (state === 'failed' || states.includes('failed')) this.#lose();
    else if (state === 'disconnected') this.#grace = setTimeout(() => this.#lose(), 2000);
    else if (state === 'connected') this.onConnected();
  }

  /** @param {boolean} [told] */
  #lose(told = false) {
    this.close(told);
    this.onLost();
  }

  /** @param {RTCIceCandidate | null} candidate */
  #candidate(candidate) {
    if (candidate?.candidate) this.#candidates.push(candidate);
    else this.#complete = true;
    this.#schedule();
  }

  #schedule() {
    if (!this.#location || this.#closed || this.#patch !== undefined) return;
    if (!this.#candidates.length && !this.#complete) return;
    this.#patch = setTimeout(() => this.#trickle(), 50);
  }

  async #trickle() {
    this.#patch = undefined;
    if (!this.#location || this.#closed) return;
    const sdp = this.pc.localDescription?.sdp ?? '';
    const line = (/** @type {string} */ name) => new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)?.[0];
    const lines = [line('ice-ufrag'), line('ice-pwd'), /^m=.*$/m.exec(sdp)?.[0], line('mid')];
    lines.push(...this.#candidates.splice(0).map(({ candidate }) => `a=${candidate}`));
    if (this.#complete) lines.push('a=end-of-candidates');
    this.#complete = false;
    try {
      await request(this.#location, {
        method: 'PATCH',
        headers: {
          ...this.#headers(),
          'Content-Type': 'application/trickle-ice-sdpfrag',
          ...(this.#etag ? { 'If-Match': this.#etag } : {}),
        },
        body: `${lines.filter(Boolean).join('\r\n')}\r\n`,
      });
    } catch (error) {
      // The connection's own state tells whether these candidates were needed.
      if (!(error instanceof Problem)) throw error;
    }
  }
}

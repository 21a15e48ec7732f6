// @ts-check
// The page's WebSocket to its session: commands, states, presence. The ticket is never in a URL.

import { Problem } from './api.js';

const PATIENCE = 10; // seconds that a command waits for its reply

/** Close codes after which coming back is useless. */
export const ENDED = 4410;
const FINAL = new Set([4400, 4401, 4403, ENDED]);

/** One WebSocket; a new link needs a new Control. */
export class Control {
  /** @type {WebSocket | null} */ #socket = null;
  /** @type {Map<number, {done: (data: any) => void, failed: (error: Problem) => void, timer: number}>} */
  #waiting = new Map();
  #next = 1;
  /** @type {number | undefined} */ #beat;

  /**
   * @param {string} url  a path, or an http(s) or ws(s) address
   * @param {string} ticket
   * @param {{onMessage?: (message: any) => void,
   *   onClose?: (close: {code: number, final: boolean}) => void}} [options]
   *   `onClose` is called once when the link is gone, never after close()
   */
  constructor(url, ticket, { onMessage = () => {}, onClose = () => {} } = {}) {
    this.url = new URL(url, location.href);
    this.url.protocol = this.url.protocol.replace('http', 'ws');
    this.ticket = ticket;
    this.onMessage = onMessage;
    this.onClose = onClose;
  }

  /** Whether commands can be sent now. */
  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Connect; resolves once it stands, throws a Problem when it cannot.
   * @returns {Promise<void>}
   */
  connect() {
    const socket = new WebSocket(this.url, ['genba.v1', `ticket.${this.ticket}`]);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#message(JSON.parse(data)));
    return new Promise((resolve, reject) => {
      let stood = false;
      socket.addEventListener('open', () => { stood = true; resolve(); });
      socket.addEventListener('close', ({ code }) => {
        this.#clear();
        const mine = this.#socket === socket;
        this.#socket = null;
        if (!stood) reject(new Problem({}));
        else if (mine) this.onClose({ code, final: FINAL.has(code) });
      });
    });
  }

  /**
   * Ask the session for something (desk only); the reply's data, or a Problem.
   * @param {{do: string} & Record<string, any>} command
   * @returns {Promise<any>}
   */
  command(command) {
    if (!this.open) return Promise.reject(new Problem({}));
    const re = this.#next++;
    return new Promise((done, failed) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(re);
        failed(new Problem({}));
      }, PATIENCE * 1000);
      this.#waiting.set(re, { done, failed, timer });
      this.send({ type: 'command', re, command });
    });
  }

  /**
   * Send one message; false when nobody is there to hear it.
   * @param {Record<string, any>} message
   */
  send(message) {
    if (!this.open) return false;
    this.#socket?.send(JSON.stringify(message));
    return true;
  }

  /**
   * Say `watching` each second for as long as `showing` says that frames really are shown.
   * @param {() => boolean} showing
   */
  watch(showing) {
    clearInterval(this.#beat);
    const tell = () => { if (showing()) this.send({ type: 'watching' }); };
    tell();
    this.#beat = setInterval(tell, 1000);
  }

  /** Say goodbye and close. */
  close() {
    this.send({ type: 'bye' });
    this.#clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #clear() {
    clearInterval(this.#beat);
    for (const { failed, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      failed(new Problem({}));
    }
    this.#waiting.clear();
  }

  /** @param {any} message */
  #message(message) {
    if (message.type !== 'reply') {
      this.onMessage(message);
      return;
    }
    const waiting = this.#waiting.get(message.re);
    if (!waiting) return;
    this.#waiting.delete(message.re);
    clearTimeout(waiting.timer);
    if (message.ok) waiting.done(message.data);
    else waiting.failed(new Problem(message.error ?? {}));
  }
}

// @ts-check
// The console's tie to its session: a desk ticket that is fresh, the control socket, the state.

import { Problem, api } from '../api.js';
import { Control } from '../control.js';
import { Epoch } from '../epoch.js';
import { Reconnect } from '../reconnect.js';

/**
 * Dispatches `state` (detail: SessionState), `link` (detail: Attempting; or its state is `open`, or
 * `returning` while the session's process is being replaced), `moved` when the session has come
 * back, `ended` (detail: whether the session itself `told` so).
 */
export class Desk extends EventTarget {
  /** @type {any} */ state = null;
  /** @type {Control | null} */ #control = null;
  /** @type {any} */ #way = null;
  #epoch = new Epoch();
  #showing = () => false;
  #open = false;
  /** Whether the session has ended. */ over = false;

  /** @param {string} session */
  constructor(session) {
    super();
    this.session = session;
    this.reconnect = new Reconnect(() => this.#connect(), {
      onState: (now) => {
        this.#tell('link', now);
        if (now.state === 'refused' && now.problem.code === 'session.ended') this.#end(false);
      },
    });
  }

  /** The API's path of this session. */
  get path() {
    return `/sessions/${this.session}`;
  }

  /**
   * A ticket with its addresses, asked for anew when it has less than a minute to live.
   * @param {boolean} [anew]
   * @returns {Promise<{ticket: string, whip: string, whep: string, control: string,
   *   expires: string, ice_servers?: import('../rtclink.js').IceServer[]}>}
   */
  async way(anew = false) {
    if (anew || !this.#way || Date.parse(this.#way.expires) - Date.now() < 60_000)
      this.#way = await api('POST', `${this.path}/ticket`);
    return this.#way;
  }

  /**
   * Connect, and stay connected until the session ends.
   * @param {() => boolean} showing  whether the view's frames really are shown now
   */
  start(showing) {
    this.#showing = showing;
    this.reconnect.start();
    addEventListener('pagehide', () => this.#control?.close());
  }

  /**
   * @param {{do: string} & Record<string, any>} command
   * @returns {Promise<any>}
   */
  async command(command) {
    if (!this.#control) throw new Problem({});
    return this.#control.command(command);
  }

  async #connect() {
    const { control: url, ticket } = await this.way();
    /** @type {Control} */
    const control = new Control(url, ticket, {
      onMessage: (message) => this.#message(message),
      onClose: ({ final }) => this.#closed(final),
    });
    try {
      await control.connect();
    } catch (error) {
      // The ticket may be what is wrong: the next try brings a new one.
      this.#way = null;
      throw error;
    }
    this.#control = control;
    control.watch(() => this.#showing());
  }

  /** @param {boolean} final */
  #closed(final) {
    this.#control = null;
    this.#open = false;
    if (this.over) return;
    if (final) this.#way = null;
    this.reconnect.again();
  }

  /** @param {any} message */
  #message(message) {
    if (message.type === 'state') {
      this.reconnect.good();
      // Not before: the socket may stand while the session behind it is still on its way.
      if (!this.#open) this.#tell('link', { state: 'open' });
      this.#open = true;
      this.state = message.state;
      if (this.#epoch.moved(message.state.epoch)) this.#tell('moved', null);
      this.#tell('state', message.state);
    } else if (message.type === 'returning') {
      this.#tell('link', { state: 'returning' });
    } else if (message.type === 'ended') {
      this.#end(true);
    }
  }

  /** @param {boolean} told */
  #end(told) {
    if (this.over) return;
    this.over = true;
    this.reconnect.stop();
    this.#tell('ended', { told });
  }

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

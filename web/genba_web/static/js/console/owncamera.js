// @ts-check
// This PC's camera as a camera of the session, by the same invitation and the same WHIP.

import { cameraProblem } from '../camera/problem.js';
import { t } from '../i18n.js';
import { Reconnect } from '../reconnect.js';
import { toast } from '../toast.js';
import { WhipPublisher } from '../whip.js';

/** At most one camera of this browser at a time. */
export class OwnCamera {
  /** The slot it sends to, or 0. */
  slot = 0;
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {WhipPublisher | null} */ #publisher = null;
  /** @type {Reconnect | null} */ #reconnect = null;

  /**
   * @param {import('./desk.js').Desk} desk
   * @param {() => void} onChange
   */
  constructor(desk, onChange) {
    this.desk = desk;
    this.onChange = onChange;
  }

  /**
   * Join as the invited camera. Sends no sound: the desk's own microphone does.
   * @param {import('./invitations.js').Invitation} invitation
   * @param {number} slot
   */
  async start(invitation, slot) {
    this.stop();
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
      });
    } catch (error) {
      const kind = cameraProblem(error);
      toast(t(`camera.problem.${kind}.title`), {
        advice: t(`camera.problem.${kind}.advice`), bad: true });
      return;
    }
    const stream = this.#stream;
    stream.getVideoTracks()[0].addEventListener('ended', () => this.stop());
    this.slot = slot;
    const reconnect = new Reconnect(async () => {
      this.#publisher?.stop();
      // The invitation's own address is for the world; a page may only speak to its own origin.
      const { whip, ice_servers: iceServers } = await this.desk.way();
      const publisher = new WhipPublisher({
        url: whip,
        ticket: invitation.camera_token,
        iceServers,
        onState: (state) => {
          if (state === 'connected') reconnect.good();
          else if (state === 'lost') reconnect.again();
        },
      });
      this.#publisher = publisher;
      await publisher.start(stream);
    }, {
      onState: (now) => {
        if (now.state !== 'refused') return;
        toast(now.problem.title, { advice: now.problem.advice, bad: true });
        this.stop();
      },
    });
    this.#reconnect = reconnect;
    reconnect.start();
    this.onChange();
  }

  /** Send by a new link: the session has come back. */
  renew() {
    this.#reconnect?.renew();
  }

  /**
   * End it; the camera's light goes out.
   * @param {boolean} [told]  the session is over: nobody is left to say goodbye to
   */
  stop(told = false) {
    if (!this.slot) return;
    this.slot = 0;
    this.#reconnect?.stop();
    this.#publisher?.stop(told);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.onChange();
  }
}

// @ts-check
// The phone's camera and microphone: which lens, the light, and coming back after a phone call.

const VIDEO = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const SPURIOUS = 1500; // ms in which a fresh track's mute means nothing (iOS)

/** Owns the tracks. `onTrack` gets each new one; `onInterrupted` hears of both edges. */
export class Lens {
  stream = new MediaStream();
  /** @type {string | null} */ #device = null;
  #facing = 'environment';
  #started = 0;
  #interrupted = false;
  #wanted = false;
  #asking = false;
  #visible = () => { if (!document.hidden && this.#interrupted) this.#again(); };

  /**
   * @param {{onTrack: (track: MediaStreamTrack) => void, onInterrupted: (is: boolean) => void,
   *   onProblem: (error: unknown) => void}} told
   */
  constructor(told) {
    this.told = told;
  }

  /** @returns {MediaStreamTrack | undefined} */
  get video() {
    return this.stream.getVideoTracks()[0];
  }

  /** @returns {MediaStreamTrack | undefined} */
  get sound() {
    return this.stream.getAudioTracks()[0];
  }

  /** Ask for both; a refused or missing microphone does not keep the picture away. */
  async start() {
    this.#wanted = true;
    if (!navigator.mediaDevices) throw new DOMException('', 'SecurityError');
    let found;
    try {
      found = await navigator.mediaDevices.getUserMedia({ video: this.#video(), audio: SOUND });
    } catch (error) {
      if (!(error instanceof DOMException) || error.name === 'SecurityError') throw error;
      found = await navigator.mediaDevices.getUserMedia({ video: this.#video() });
    }
    for (const track of found.getTracks()) this.#take(track);
    document.addEventListener('visibilitychange', this.#visible);
  }

  /** Give both back. */
  stop() {
    this.#wanted = false;
    document.removeEventListener('visibilitychange', this.#visible);
    for (const track of this.stream.getTracks()) this.#drop(track);
    this.#interrupted = false;
  }

  /** How many cameras there are; names and ids are only known after permission. */
  async count() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === 'videoinput').length;
  }

  /** Take the next camera. */
  async next() {
    const devices = (await navigator.mediaDevices.enumerateDevices()).filter(
      (device) => device.kind === 'videoinput' && device.deviceId);
    const now = this.video?.getSettings().deviceId;
    const at = devices.findIndex((device) => device.deviceId === now);
    const next = devices[(at + 1) % devices.length];
    this.#device = next?.deviceId ?? null;
    this.#facing = this.#facing === 'environment' ? 'user' : 'environment';
    await this.#again();
  }

  /** Whether this camera has a light that a page may turn on. */
  get hasLight() {
    const can = /** @type {any} */ (this.video?.getCapabilities?.() ?? {});
    return can.torch === true;
  }

  /** @param {boolean} on */
  async light(on) {
    await this.video?.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: on }] }));
  }

  #video() {
    return this.#device ? { ...VIDEO, deviceId: { exact: this.#device } }
      : { ...VIDEO, facingMode: { ideal: this.#facing } };
  }

  /** Ask anew for what is not alive; the sender goes on with the new tracks. */
  async #again() {
    if (!this.#wanted || this.#asking) return;
    this.#asking = true;
    try {
      const quiet = this.sound && (this.sound.muted || this.sound.readyState === 'ended');
      const enabled = this.sound?.enabled ?? true;
      // Phones give a camera to one user at a time: the old track goes first.
      if (this.video) this.#drop(this.video);
      if (quiet && this.sound) this.#drop(this.sound);
      const found = await navigator.mediaDevices.getUserMedia(
        quiet ? { video: this.#video(), audio: SOUND } : { video: this.#video() });
      for (const track of found.getTracks()) {
        if (track.kind === 'audio') track.enabled = enabled;
        this.#take(track);
        this.told.onTrack(track);
      }
      this.#interrupt(false);
    } catch (error) {
      // While another app holds the camera the next wake-up tries again.
      this.#interrupt(true);
      if (!document.hidden) this.told.onProblem(error);
    } finally {
      this.#asking = false;
    }
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    this.stream.addTrack(track);
    if (track.kind !== 'video') return;
    this.#started = performance.now();
    track.onmute = () => {
      if (performance.now() - this.#started > SPURIOUS) this.#interrupt(true);
    };
    track.onunmute = () => { if (this.#interrupted) this.#again(); };
    track.onended = () => {
      this.#interrupt(true);
      if (!document.hidden) this.#again();
    };
  }

  /** @param {MediaStreamTrack} track */
  #drop(track) {
    track.onmute = null;
    track.onunmute = null;
    track.onended = null;
    track.stop();
    this.stream.removeTrack(track);
  }

  /** @param {boolean} is */
  #interrupt(is) {
    if (this.#interrupted === is) return;
    this.#interrupted = is;
    this.told.onInterrupted(is);
  }
}

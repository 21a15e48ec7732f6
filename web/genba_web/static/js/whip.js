// @ts-check
// Sends a camera or a microphone by WHIP (RFC 9725).

import { RtcLink } from './rtclink.js';

const MAX_BITRATE = 2_500_000;
const SMALL_BITRATE = 700_000; // of a picture that is scaled down

/** @typedef {'connecting' | 'connected' | 'lost' | 'ended'} PublisherState */

/**
 * Put H.264 first: constrained baseline, then its kin, then VP8, so that the server's decoder and
 * the phone's encoder chip are both at ease.
 * @param {RTCRtpTransceiver} transceiver
 */
function preferH264(transceiver) {
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const rank = (/** @type {{mimeType: string, sdpFmtpLine?: string}} */ codec) => {
    const fmtp = codec.sdpFmtpLine ?? '';
    if (codec.mimeType === 'video/H264' && fmtp.includes('packetization-mode=1'))
      return fmtp.includes('42e01f') ? 0 : 1;
    return { 'video/H264': 2, 'video/VP8': 3 }[codec.mimeType] ?? 4;
  };
  transceiver.setCodecPreferences([...codecs].sort((a, b) => rank(a) - rank(b)));
}

/** One WHIP link of one stream. A new link needs a new publisher; the stream may be the same. */
export class WhipPublisher {
  /** @type {PublisherState} */ state = 'ended';
  /** @type {RtcLink | null} */ #link = null;
  #lines = 0;

  /**
   * @param {{url: string, ticket: string, iceServers?: import('./rtclink.js').IceServer[],
   *   hint?: 'motion' | 'detail', onState?: (state: PublisherState) => void}} options
   *   `hint`: `motion` for a camera in a hand, `detail` for a screen or a document
   */
  constructor({ url, ticket, iceServers = [], hint = 'motion', onState = () => {} }) {
    this.options = { url, ticket, iceServers };
    this.hint = hint;
    this.onState = onState;
  }

  /** The RTCPeerConnection, for figures; null when there is none. */
  get pc() {
    return this.#link?.pc ?? null;
  }

  /**
   * Send every track of `stream`; throws a Problem when the server refuses.
   * @param {MediaStream} stream
   */
  async start(stream) {
    this.#set('connecting');
    const link = new RtcLink({
      ...this.options,
      onConnected: () => this.#set('connected'),
      onLost: () => { this.#link = null; this.#set('lost'); },
    });
    this.#link = link;
    for (const track of stream.getTracks()) {
      const video = track.kind === 'video';
      const transceiver = link.pc.addTransceiver(track, {
        direction: 'sendonly',
        streams: [stream],
        sendEncodings: video ? [{ maxBitrate: MAX_BITRATE }] : [{}],
      });
      if (!video) continue;
      track.contentHint = this.hint;
      preferH264(transceiver);
      const parameters = transceiver.sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await transceiver.sender.setParameters(parameters);
    }
    await link.open();
    await this.#fit();
  }

  /**
   * Send at most so many lines of the picture's shorter side; 0: all there are.
   * @param {number} lines
   */
  async limit(lines) {
    this.#lines = lines;
    await this.#fit();
  }

  /** Scale what the track gives down to the limit. */
  async #fit() {
    const sender = this.#sender('video');
    const { width = 0, height = 0 } = sender?.track?.getSettings() ?? {};
    const short = Math.min(width, height);
    if (!sender || !short || this.state === 'ended') return;
    const scale = this.#lines && short > this.#lines ? short / this.#lines : 1;
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (!encoding || (encoding.scaleResolutionDownBy ?? 1) === scale) return;
    encoding.scaleResolutionDownBy = scale;
    encoding.maxBitrate = scale > 1 ? SMALL_BITRATE : MAX_BITRATE;
    await sender.setParameters(parameters);
  }

  /**
   * Send another track in place of the one of its kind, without a new offer.
   * @param {MediaStreamTrack} track
   */
  async replace(track) {
    if (track.kind === 'video') track.contentHint = this.hint;
    await this.#sender(track.kind)?.replaceTrack(track);
    if (track.kind === 'video') await this.#fit();
  }

  /**
   * Send this picture, or with null none at all: not even black.
   * @param {MediaStreamTrack | null} track
   */
  async picture(track) {
    if (track) track.contentHint = this.hint;
    await this.#sender('video')?.replaceTrack(track);
    await this.#fit();
  }

  /** @param {string} kind */
  #sender(kind) {
    return this.pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind)?.sender;
  }

  /**
   * End the link; the tracks go on until their owner stops them.
   * @param {boolean} [told]  the session is over: nobody is left to say goodbye to
   */
  stop(told = false) {
    const link = this.#link;
    this.#link = null;
    link?.close(told);
    this.#set('ended');
  }

  /** @param {PublisherState} state */
  #set(state) {
    if (this.state === state) return;
    this.state = state;
    this.onState(state);
  }
}

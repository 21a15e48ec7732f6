// @ts-check
// Both ends of a measurement, with the scripts that phones and consoles use.

import { WhepViewer } from '/static/js/whep.js';
import { WhipPublisher } from '/static/js/whip.js';
import { Reader, age, now, paint } from './barcode.js';

const WIDTH = 1280, HEIGHT = 720, FPS = 30;

/** @typedef {{url: string, ticket: string}} Way */

/** A made-up camera: moving shapes and the moment at which each picture was drawn. */
class Camera {
  /** @type {WhipPublisher | null} */ #publisher = null;

  /** @param {Way} way */
  async start(way) {
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    document.body.replaceChildren(canvas);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    let n = 0;
    const draw = () => {
      context.fillStyle = `hsl(${n % 360},40%,40%)`;
      context.fillRect(0, 0, WIDTH, HEIGHT);
      for (let i = 0; i < 40; i += 1) {
        context.fillStyle = `hsl(${(i * 9 + n) % 360},80%,60%)`;
        context.fillRect((i * 67 + n * 3) % WIDTH, 240 + ((i * 131 + n * 2) % 440), 60, 40);
      }
      n += 1;
      paint(context, now());
    };
    draw();
    const stream = canvas.captureStream(0);
    const track = /** @type {CanvasCaptureMediaStreamTrack} */ (stream.getVideoTracks()[0]);
    // As steady as a camera: a plain interval counts whole milliseconds, and would run away.
    let due = performance.now();
    const beat = () => {
      draw();
      track.requestFrame();
      due = Math.max(due + 1000 / FPS, performance.now());
      setTimeout(beat, due - performance.now());
    };
    beat();
    this.#publisher = new WhipPublisher(way);
    await this.#publisher.start(stream);
  }

  /** What leaves: the size, the rate, and milliseconds for encoding and in the pacer. */
  async stats() {
    for (const one of (await this.#publisher?.pc?.getStats() ?? new Map()).values())
      if (one.type === 'outbound-rtp' && one.kind === 'video')
        return { width: one.frameWidth, height: one.frameHeight, pictures: one.framesEncoded,
          encode: one.totalEncodeTime * 1000, sent: one.packetsSent,
          pacer: one.totalPacketSendDelay * 1000, limited: one.qualityLimitationReason };
    return null;
  }
}

/** One who looks, reads the moment out of each picture, and says how old it is. */
class Watcher {
  #video = document.createElement('video');
  #reader = new Reader();
  /** @type {{age: number, received: number}[]} */ #ages = [];
  #refused = 0;
  /** Pictures read so far. */ pictures = 0;
  /** @type {WhepViewer | null} */ #viewer = null;

  constructor() {
    document.body.replaceChildren(this.#video);
  }

  /**
   * @param {Way} way
   * @param {boolean} audio  whether it takes the sound too, as a console does
   */
  async start(way, audio, tile = { x: 0, y: 0, width: 1, height: 1 }) {
    this.#viewer = new WhepViewer(this.#video, { ...way, audio });
    await this.#viewer.start();
    const look = (/** @type {number} */ _, /** @type {any} */ facts) => {
      const at = now(), stamp = this.#reader.read(this.#video, tile);
      const passed = stamp === null ? null : age(at, stamp);
      if (passed === null) this.#refused += 1;
      else {
        this.pictures += 1;
        const held = at - performance.timeOrigin - (facts.receiveTime ?? 0);
        this.#ages.push({ age: passed, received: passed - held });
      }
      this.#video.requestVideoFrameCallback(look);
    };
    this.#video.requestVideoFrameCallback(look);
  }

  /** The ages since the last call; `received` is how old a picture was when its last packet came. */
  take() {
    const taken = { ages: this.#ages, refused: this.#refused, width: this.#video.videoWidth,
      height: this.#video.videoHeight };
    this.#ages = [];
    this.#refused = 0;
    return taken;
  }

  /**
   * Milliseconds in the jitter buffer and in the decoder, and pictures, from the beginning; `late`
   * is by how many milliseconds the sound that is played now is later than its picture.
   */
  async stats() {
    const parts = [...(await this.#viewer?.pc?.getStats() ?? new Map()).values()]
      .filter(({ type }) => type === 'inbound-rtp');
    const [one, sound] = ['video', 'audio'].map((kind) => parts.find((part) => part.kind === kind));
    if (!one) return null;
    const known = one.estimatedPlayoutTimestamp && sound?.estimatedPlayoutTimestamp;
    return { pictures: one.framesDecoded, dropped: one.framesDropped, freezes: one.freezeCount,
      buffered: one.jitterBufferDelay * 1000, emitted: one.jitterBufferEmittedCount,
      decode: one.totalDecodeTime * 1000, processing: one.totalProcessingDelay * 1000,
      late: known ? one.estimatedPlayoutTimestamp - sound.estimatedPlayoutTimestamp : null };
  }

  stop() {
    this.#viewer?.stop();
  }
}

/**
 * Join once and leave; milliseconds until a picture was on the screen.
 * @param {Way} way
 * @param {number} patience  milliseconds
 * @returns {Promise<number | null>}
 */
async function join(way, patience) {
  const video = document.createElement('video');
  document.body.replaceChildren(video);
  /** @type {WhepViewer | undefined} */ let viewer;
  try {
    return await new Promise((resolve, reject) => {
      const begun = performance.now();
      viewer = new WhepViewer(video, { ...way, onState: (state) => {
        if (state === 'playing') resolve(performance.now() - begun);
      } });
      viewer.start().catch(reject);
      setTimeout(() => resolve(null), patience);
    });
  } finally {
    viewer?.stop();
  }
}

Object.assign(globalThis, { bench: { camera: new Camera(), watcher: new Watcher(), join, now } });

// @ts-check
// The moment at which a picture was drawn, as a row of bars: barcode.py says how and why.

const BITS = 20, CHECK = 4, BARS = BITS + CHECK, CYCLE = 1 << BITS;
const TOP = 0.2, HEIGHT = 0.1, OLDEST = 10_000, MIDDLE = 110, SALT = 0b1010;

/** @param {number} value */
function check(value) {
  let sum = 0;
  for (let shift = 0; shift < BITS; shift += CHECK) sum += (value >> shift) & 0xf;
  return (sum % 16) ^ SALT;
}

/** Milliseconds on this machine's clock: pages of one browser agree to a fraction of one. */
export function now() {
  return performance.timeOrigin + performance.now();
}

/**
 * @param {number} milliseconds
 * @returns {boolean[]}
 */
export function encode(milliseconds) {
  const value = Math.floor(milliseconds) % CYCLE;
  const word = value | (check(value) << BITS);
  return Array.from({ length: BARS }, (_, bar) => ((word >> bar) & 1) === 1);
}

/**
 * @param {boolean[]} bars
 * @returns {number | null}
 */
export function decode(bars) {
  let word = 0;
  bars.forEach((white, bar) => { if (white) word |= 1 << bar; });
  const value = word % CYCLE;
  return word >> BITS === check(value) ? value : null;
}

/**
 * @param {number} at
 * @param {number} stamp
 * @returns {number | null}
 */
export function age(at, stamp) {
  const passed = (((at - stamp) % CYCLE) + CYCLE) % CYCLE;
  return passed <= OLDEST ? passed : null;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} milliseconds
 */
export function paint(context, milliseconds) {
  const { width, height } = context.canvas;
  encode(milliseconds).forEach((white, bar) => {
    context.fillStyle = white ? '#fff' : '#000';
    const left = Math.round((bar * width) / BARS), right = Math.round(((bar + 1) * width) / BARS);
    context.fillRect(left, Math.round(TOP * height), right - left, Math.round(HEIGHT * height));
  });
}

/** Reads the bars of a video element; only the row itself is copied out. */
export class Reader {
  #context;

  constructor() {
    this.#context = /** @type {OffscreenCanvasRenderingContext2D} */ (
      new OffscreenCanvas(BARS * 8, 8).getContext('2d', { willReadFrequently: true }));
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {{x: number, y: number, width: number, height: number}} tile  shares of the picture
   * @returns {number | null}
   */
  read(video, tile) {
    const { videoWidth: w, videoHeight: h } = video;
    this.#context.drawImage(video, tile.x * w, (tile.y + TOP * tile.height) * h, tile.width * w,
      HEIGHT * tile.height * h, 0, 0, BARS * 8, 8);
    const { data } = this.#context.getImageData(0, 4, BARS * 8, 1);
    return decode(Array.from({ length: BARS }, (_, bar) => data[(bar * 8 + 4) * 4 + 1] > MIDDLE));
  }
}

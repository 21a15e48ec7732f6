// @ts-check
// Made-up pictures that are as hard to compress as a moving camera's, without a camera.

const WIDTH = 640;
const HEIGHT = 360;
const FPS = 20;
const GRAIN = 8; // a side of one made-up block, in pixels

/** Whether this browser can send a canvas. */
export const canPaint = 'captureStream' in document.createElement('canvas');

/** Start painting; `stop` ends it. */
export function pictures() {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const small = document.createElement('canvas');
  small.width = WIDTH / GRAIN;
  small.height = HEIGHT / GRAIN;
  const brush = /** @type {CanvasRenderingContext2D} */ (small.getContext('2d'));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const dots = brush.createImageData(small.width, small.height);
  const paint = () => {
    for (let at = 0; at < dots.data.length; at += 4) {
      const grey = Math.random() * 255;
      dots.data[at] = dots.data[at + 1] = dots.data[at + 2] = grey;
      dots.data[at + 3] = 255;
    }
    brush.putImageData(dots, 0, 0);
    pen.drawImage(small, 0, 0, WIDTH, HEIGHT);
  };
  paint();
  const timer = setInterval(paint, 1000 / FPS);
  const stream = canvas.captureStream(FPS);
  return {
    stream,
    stop() {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
    },
  };
}

"""One demo camera's pictures: painted and encoded in the same step, once each."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
from av.video.frame import PictureType

from genba.demo.place import HEIGHT, WIDTH
from genba.demo.planes import Planes
from genba.demo.stamp import Stamp

if TYPE_CHECKING:
    from genba.clock import Clock
    from genba.demo.place import Place

FPS = 15
CLOCK = Fraction(1, 90_000)
_KBPS = 1200


class Studio:
    """Belongs to one thread at a time. Pictures are H.264, constrained baseline."""

    def __init__(self, place: Place, clock: Clock) -> None:
        """Paint the background and open the encoder; takes milliseconds."""
        self._place, self._clock = place, clock
        _, height = Stamp.size()
        self._stamp = Stamp(16, HEIGHT - height - 10)  # the view has its clock at the right
        # One frame for all pictures: x264 without lookahead has copied it when encode returns.
        self._frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        self._frame.time_base = CLOCK
        self._canvas = Planes.on(self._frame)
        self._canvas.paste(place.background, 0, 0)
        self._codec = _encoder()

    def shoot(self, number: int, *, key: bool) -> bytes:
        """Return picture ``number`` (from 0, ``FPS`` a second) as an Annex B access unit."""
        self._place.paint(self._canvas, number / FPS)
        self._stamp.paint(self._canvas, self._clock.now(), number)
        self._frame.pts = number * 90_000 // FPS
        self._frame.pict_type = PictureType.I if key else PictureType.NONE
        return b"".join(bytes(packet) for packet in self._codec.encode(self._frame))


def _encoder() -> av.VideoCodecContext:
    codec = av.VideoCodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base, codec.framerate = CLOCK, Fraction(FPS)
    codec.gop_size = FPS  # a key frame each second, beside those that are asked for
    codec.thread_count = 1
    codec.bit_rate = _KBPS * 1000
    codec.profile = "Baseline"
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "level": "31",
        "forced-idr": "1",
        "maxrate": f"{_KBPS}k",
        "bufsize": f"{_KBPS // 2}k",
        "x264-params": "scenecut=0:repeat-headers=1",
    }
    return codec

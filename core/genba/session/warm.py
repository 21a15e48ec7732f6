"""What a spare does before its order comes, so that the first picture does not wait for it."""

from __future__ import annotations

import asyncio
import logging
from fractions import Fraction

from av import VideoFrame

from genba.api import Layer
from genba.session.compositor.plate import draw_plate
from genba.session.compositor.yuv import best
from genba.session.encoder.codec import TIME_BASE, open_video
from genba.session.heap import settle
from genba.wire.order import ViewOrder

log = logging.getLogger(__name__)
LETTERS = (14, 20)  # pixels: those of a label in a grid at 720 lines, and of the clock
TINY = ViewOrder(width=160, height=96, fps=30, kbps=100)


async def warm() -> None:
    """Use once what every session uses; an order may come meanwhile. What fails is logged.

    Finding libyuv, a font with Japanese and the encoder's pages in memory takes 150 ms, which the
    first viewer would wait for.
    """
    try:
        await asyncio.to_thread(_warm)
    except Exception:
        log.exception("warming up failed; the session will tell what is wrong")


def _warm() -> None:
    best()
    for size in LETTERS:
        draw_plate(("カメラ",), size, 640)
    codec = open_video(Layer.H264, TINY)
    for number in range(2):  # a key picture and one that is not
        frame = VideoFrame(TINY.width, TINY.height, "yuv420p")
        frame.pts, frame.time_base = round(Fraction(number, TINY.fps) / TIME_BASE), TIME_BASE
        codec.encode(frame)
    del codec
    settle()

"""The video codecs as everybody gets them, and pictures as they want them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from av import CodecContext, VideoFrame
from av.video.frame import PictureType

from genba.api import Layer

if TYPE_CHECKING:
    from av import VideoCodecContext

    from genba.wire.order import ViewOrder

TIME_BASE = Fraction(1, 90_000)
KEY_EVERY = 10  # seconds; those who need one sooner ask
HD = 720  # what level 3.1 can carry at 30 pictures a second


def open_video(layer: Layer, view: ViewOrder) -> VideoCodecContext:
    """Return an encoder without delay: a picture in, its packet out; one thread.

    The first picture is a key picture. Opening takes milliseconds; not for the event loop.
    """
    name = "libx264" if layer is Layer.H264 else "libvpx"
    codec = cast("VideoCodecContext", CodecContext.create(name, "w"))
    codec.width, codec.height, codec.pix_fmt = view.width, view.height, "yuv420p"
    codec.time_base, codec.framerate = TIME_BASE, Fraction(view.fps)
    codec.gop_size = view.fps * KEY_EVERY
    codec.thread_count = 1  # more would cut pictures into slices, and take other sessions' core
    codec.bit_rate = view.kbps * 1000
    options = _h264(view) if layer is Layer.H264 else _vp8()
    # Half a second of buffer: a scene change may burst that much and no more.
    codec.options = (
        options
        | {
            "maxrate": str(view.kbps * 1000),
            "bufsize": str(view.kbps * 500),
        }
        | ({} if layer is Layer.H264 else {"minrate": str(view.kbps * 1000)})
    )
    codec.open()
    return codec


def _h264(view: ViewOrder) -> dict[str, str]:
    """Constrained baseline, 3.1 up to 720 lines, else 4.0."""
    return {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "level": "3.1" if view.height <= HD else "4.0",
        "forced-idr": "1",
        "x264-params": "scenecut=0:repeat-headers=1",
    }


def _vp8() -> dict[str, str]:
    """Constant rate at a fixed speed: a positive cpu-used would follow the machine's load."""
    return {
        "deadline": "realtime",
        "cpu-used": "-12",
        "lag-in-frames": "0",
        "static-thresh": "1",
        "undershoot-pct": "100",
        "overshoot-pct": "15",
        "max-intra-rate": "900",
    }


def prepared(frame: VideoFrame, time: float, *, key: bool) -> VideoFrame:
    """Return the picture with its time, and its type when it shall be a key picture.

    Other encoders and readers have the same picture, so it is never written into: one that
    lacks anything is copied. That is the few forced key pictures and nothing else, as the
    compositor stamps its pictures.
    """
    stamped = frame.pts is not None and frame.time_base == TIME_BASE
    if stamped and not key:
        return frame
    own = VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p"), format="yuv420p")
    own.pts = frame.pts if stamped else round(time / TIME_BASE)
    own.time_base = TIME_BASE
    own.pict_type = PictureType.I if key else PictureType.NONE
    return own

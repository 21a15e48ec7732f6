"""What a camera recorder is given: pictures and sound as cameras code them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import av
import numpy as np

from genba.session.camera.unit import AccessUnit
from genba.session.recording.camerarecorder import CameraRecorder
from genba.session.recording.camerawriter import shape_of
from genba.session.recording.shelf import Shelf
from tests.kit.movies import meta
from tests.kit.rtc import picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from genba.wire.media import MediaFile

FPS = 30
START = 7.5


def recorder(
    directory: Path, *, sound: bool = False, mp4: bool = False, **more: object
) -> CameraRecorder:
    """Return one of a camera in slot 2; ``mp4``: VP8 is coded anew at the end."""

    def unexpected(code: str) -> None:
        raise AssertionError(code)

    shelf = Shelf(directory, wall=lambda t: 1000.0 + t, **more)  # type: ignore[arg-type]
    known = meta("cam-1").model_copy(
        update={"slot": 2, "camera": "c", "take": "rec-1", "vp8_to_mp4": mp4}
    )
    return CameraRecorder(shelf, known, sound=sound, on_failed=unexpected)


def units(
    coded: Sequence[bytes], start: float = START, codec: Literal["h264", "vp8"] = "h264"
) -> list[AccessUnit]:
    """Return coded pictures as units, the first of media time ``start``."""
    found = []
    for n, data in enumerate(coded):
        key = bool(shape_of(data, "h264")) if codec == "h264" else not data[0] & 1
        moment = start + n / FPS
        found.append(
            AccessUnit(
                data=data,
                ts=n * 3000,
                time=moment,
                key=key,
                arrival=moment,
                damaged=False,
                codec=codec,
            )
        )
    return found


def encode_vp8(count: int, width: int = 320, height: int = 240) -> list[bytes]:
    """Encode moving pictures, a key picture a second."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.framerate, codec.gop_size, codec.thread_count = Fraction(FPS), 30, 1
    codec.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    coded = []
    for n in range(count):
        frame = picture(n, width, height)
        frame.pts = n
        coded += [bytes(packet) for packet in codec.encode(frame)]
    return coded


def opus(count: int) -> list[bytes]:
    """Encode a tone as WebRTC peers do: 20 ms a packet."""
    codec = av.CodecContext.create("libopus", "w")
    assert isinstance(codec, av.AudioCodecContext)
    codec.sample_rate, codec.layout, codec.format = 48_000, "stereo", "s16"
    codec.open()
    found = []
    for n in range(count):
        wave = (8000 * np.sin(2 * np.pi * 440 * (np.arange(960) + n * 960) / 48_000)).astype("<i2")
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, n * 960
        found += [bytes(packet) for packet in codec.encode(frame)]
    return found


async def run(target: CameraRecorder, some: Sequence[AccessUnit]) -> list[MediaFile]:
    """Record them and return what became of it."""
    target.start()
    for unit in some:
        target.unit(unit)
    return await target.stop()

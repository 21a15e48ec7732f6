"""Encoded pictures as the view's encoder makes them, and MP4 files read back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
from av.video.frame import PictureType

from genba.api import Packet
from genba.wire.media import MediaFile
from tests.kit.pictures import planes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 320, 180, 30


def encode(
    frames: Iterable[av.VideoFrame], start: float, keys: Collection[int] = (0,)
) -> Iterator[Packet]:
    """Yield H.264 as the view's encoder does; picture n is at ``start + n / FPS``."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, FPS), Fraction(FPS)
    codec.thread_count = 1
    codec.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "profile": "baseline",
        "forced-idr": "1",
        "crf": "18",
        "g": "9999",
        "x264-params": "scenecut=0:repeat-headers=1",
    }
    for n, frame in enumerate(frames):
        frame.pts, frame.time_base = n, Fraction(1, FPS)
        frame.pict_type = PictureType.I if n in keys else PictureType.NONE
        for packet in codec.encode(frame):
            yield Packet(
                "video", "h264", bytes(packet), start + n / FPS, 1 / FPS, packet.is_keyframe
            )


@dataclass
class Movie:
    """A file read back: pictures and sound with their times in seconds."""

    times: list[float] = field(default_factory=list)
    frames: list[NDArray[np.uint8]] = field(default_factory=list)  # luma
    keys: list[float] = field(default_factory=list)
    sound: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    sound_start: float = 0.0
    codecs: tuple[str, ...] = ()
    duration: float = 0.0

    def heard_at(self, level: float = 0.1) -> float:
        """Return the time of the first sound louder than ``level``."""
        return self.sound_start + float(np.argmax(np.abs(self.sound) > level)) / 48_000

    def bright_at(self) -> float:
        """Return the time of the first picture that is bright."""
        return next(t for t, f in zip(self.times, self.frames, strict=True) if f.mean() > 150)


def read(path: Path) -> Movie:
    """Decode all of a file; an error in it is an error here."""
    movie, blocks = Movie(), list["NDArray[np.float32]"]()
    with av.open(str(path)) as source:
        movie.codecs = tuple(s.codec_context.name for s in source.streams)
        movie.duration = (source.duration or 0) / 1e6
        for packet in source.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    movie.times.append(float(frame.time or 0))
                    movie.frames.append(planes(frame)[0])
                    if frame.key_frame:
                        movie.keys.append(float(frame.time or 0))
                elif isinstance(frame, av.AudioFrame):
                    if not blocks:
                        movie.sound_start = float(frame.time or 0)
                    blocks.append(frame.to_ndarray()[0])
    if blocks:
        movie.sound = np.concatenate(blocks)
    return movie


def names(directory: Path) -> list[str]:
    """Return what is in a directory."""
    return sorted(path.name for path in directory.iterdir())


def boxes(path: Path) -> list[str]:
    """Return the names of a file's outermost boxes in order."""
    data, at, names = path.read_bytes(), 0, []
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        at += size or len(data)
    return names


def meta(name: str = "rec-1") -> MediaFile:
    """Return what a session knows of a new recording."""
    return MediaFile(
        id=name,
        kind="recording",
        session="s",
        session_name="現場",
        group="g",
        state="writing",
        started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )

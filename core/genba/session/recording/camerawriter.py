"""A piece of one camera: what it sent, as it sent it."""

from __future__ import annotations

import io
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Literal

import av

from genba.session.recording import birth
from genba.session.recording.writer import OPTIONS, TIME_BASE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from av.container import OutputContainer
    from av.stream import Stream

SOUND_BASE = Fraction(1, 48_000)
PICTURE = 3000  # ticks of 1/90000 s: how long a picture lasts while the next is not known
_IDR, _SPS, _PPS = 5, 7, 8
# Sound may pause for as long as nobody speaks: pictures do not wait for it.
_HURRY = {"max_interleave_delta": "100000"}  # microseconds
_MP4 = {**OPTIONS, **_HURRY}
_MKV = {"flush_packets": "1", "cluster_time_limit": "1", "live": "1", **_HURRY}


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture as coded; ``time`` is media time, ``shape`` what a decoder must know first."""

    data: bytes
    time: float
    key: bool
    codec: Literal["h264", "vp8"]
    shape: bytes = b""  # of key pictures alone


@dataclass(frozen=True, slots=True)
class Sound:
    """One Opus packet; ``time`` is the media time of its first sample."""

    data: bytes
    time: float


def shape_of(data: bytes, codec: Literal["h264", "vp8"]) -> bytes:
    """Return the parameter sets of a key picture: where they are equal, packets can follow."""
    if codec == "vp8":
        return data[6:10]  # width, height and scaling (RFC 6386, 9.1)
    sets = [unit for unit in data.split(b"\x00\x00\x01") if unit and unit[0] & 31 in (_SPS, _PPS)]
    return b"\x00\x00\x01".join(unit.rstrip(b"\x00") for unit in sets)


class CameraWriter:
    """Writes pictures and sound; both begin with the first picture, a key picture.

    H.264 goes into a fragmented MP4, VP8 into Matroska. Used on one thread. Raises OSError or
    av.FFmpegError when the disk does not take it.
    """

    def __init__(self, path: Path, wall: Callable[[float], float], *, sound: bool) -> None:
        """Write to ``path``; ``sound``: the camera has a microphone."""
        self.seconds = 0.0
        self._path = path
        self._wall = wall
        self._with_sound = sound
        self._container: OutputContainer | None = None
        self._video: Stream | None = None
        self._audio: Stream | None = None
        self._shape = b""
        self._codec = ""
        self._start = 0.0
        self._last = self._last_sound = -1

    def fits(self, item: Shot | Sound) -> bool:
        """Say whether it can follow what is written."""
        if isinstance(item, Sound) or not item.key or self._container is None:
            return True
        return (item.codec, item.shape) == (self._codec, self._shape)

    def write(self, item: Shot | Sound) -> None:
        """Write one."""
        if isinstance(item, Sound):
            self._sound(item)
        else:
            self._picture(item)

    def close(self) -> None:
        """Close the file."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    abandon = close

    def _picture(self, shot: Shot) -> None:
        if self._container is None:
            self._begin(shot)
        if self._container is None or self._video is None:
            return
        pts = max(round((shot.time - self._start) / TIME_BASE), self._last + 1)
        unit = av.Packet(shot.data)
        unit.stream, unit.time_base = self._video, TIME_BASE
        unit.pts = unit.dts = pts
        unit.duration = PICTURE
        unit.is_keyframe = shot.key
        self._last = pts
        self.seconds = float((pts + PICTURE) * TIME_BASE)
        self._container.mux(unit)

    def _sound(self, sound: Sound) -> None:
        if self._container is None or self._audio is None:
            return
        pts = round((sound.time - self._start) / SOUND_BASE)
        if pts < 0 or pts <= self._last_sound:
            return  # from before the first picture, or overtaken on its way
        unit = av.Packet(sound.data)
        unit.stream, unit.time_base = self._audio, SOUND_BASE
        unit.pts = unit.dts = self._last_sound = pts
        unit.duration = 960
        unit.is_keyframe = True
        self._container.mux(unit)

    def _begin(self, key: Shot) -> None:
        mp4 = key.codec == "h264"
        form, options = ("mp4", _MP4) if mp4 else ("matroska", _MKV)
        container = av.open(str(self._path), "w", format=form, options=options)
        try:
            birth.note(container, self._wall(key.time))
            with _demuxed(key) as source:
                self._video = container.add_stream_from_template(source.streams.video[0])
            self._video.time_base = TIME_BASE
            if self._with_sound:
                with av.open(io.BytesIO(_opus_head())) as source:
                    self._audio = container.add_stream_from_template(source.streams.audio[0])
        except BaseException:
            container.close()
            raise
        self._container, self._start = container, key.time
        self._codec, self._shape = key.codec, key.shape


@contextmanager
def _demuxed(key: Shot) -> Iterator[av.container.InputContainer]:
    """Open one picture: a stream that is only copied takes its parameters from a demuxer."""
    if key.codec == "h264":
        data, form = key.data, "h264"
    else:
        width, height = (int.from_bytes(key.data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        head = struct.pack("<4sHH4sHHLLLL", b"DKIF", 0, 32, b"VP80", width, height, 90_000, 1, 1, 0)
        data, form = head + struct.pack("<LQ", len(key.data), 0) + key.data, "ivf"
    with av.open(io.BytesIO(data), "r", format=form) as source:
        yield source


@cache
def _opus_head() -> bytes:
    """Return a small file whose Opus stream has the parameters of every WebRTC peer's."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=48_000, layout="stereo")
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        frame.sample_rate, frame.pts = 48_000, 0
        frame.planes[0].update(bytes(frame.planes[0].buffer_size))
        container.mux([*stream.encode(frame), *stream.encode(None)])
    return out.getvalue()

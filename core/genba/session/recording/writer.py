"""A fragmented MP4 that is playable up to its last whole fragment, whatever happens."""

from __future__ import annotations

import io
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from genba.session.recording import birth
from genba.session.recording.soundtrack import SoundTrack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from av.container import OutputContainer
    from av.stream import Stream

    from genba.api import Packet

TIME_BASE = Fraction(1, 90_000)
OPTIONS = {
    # A fragment a picture: a kill loses a few pictures, not half a second. Not by
    # "frag_every_frame": with two tracks that one dates each picture with the time of the next.
    "frag_duration": "1",
    "movflags": "empty_moov+default_base_moof+skip_trailer",
    "flush_packets": "1",
}


@dataclass(frozen=True, slots=True)
class _Tracks:
    """The open file."""

    container: OutputContainer
    video: Stream
    sound: SoundTrack
    start: float  # media time of the first picture

    @classmethod
    def begin(cls, path: Path, key: Packet, wall: Callable[[float], float]) -> _Tracks:
        """Make the file and write its head."""
        container = av.open(str(path), "w", format="mp4", options=OPTIONS)
        try:
            birth.note(container, wall(key.time))
            # A stream that is only copied takes its parameter sets from a demuxer of one picture.
            with av.open(io.BytesIO(key.data), format="h264") as one:
                video: Stream = container.add_stream_from_template(one.streams.video[0])
            video.time_base = TIME_BASE
            return cls(container, video, SoundTrack(container, key.time), key.time)
        except BaseException:
            container.close()
            raise


class PartWriter:
    """Writes H.264 and AAC; both begin at the first key picture. Used on one thread.

    What comes before that picture is dropped. Raises OSError or av.FFmpegError when the disk does
    not take it.
    """

    def __init__(self, path: Path, fps: int, wall: Callable[[float], float] = float) -> None:
        """Write to ``path``; nothing is written before the first key picture.

        ``wall`` turns media time into Unix time.
        """
        self._path = path
        self._wall = wall
        self._picture = TIME_BASE.denominator // fps
        self._tracks: _Tracks | None = None
        self._last = -1
        self.seconds = 0.0
        self.pictures = 0

    def picture(self, packet: Packet) -> None:
        """Write one access unit (Annex B) and its time."""
        if self._tracks is None:
            if not packet.key:
                return
            self._tracks = _Tracks.begin(self._path, packet, self._wall)
        tracks = self._tracks
        pts = max(round((packet.time - tracks.start) / TIME_BASE), self._last + 1)
        duration = round(packet.duration / TIME_BASE) or self._picture
        unit = av.Packet(packet.data)
        unit.stream = tracks.video
        unit.time_base = TIME_BASE
        unit.pts = unit.dts = pts
        unit.duration = duration
        unit.is_keyframe = packet.key
        for ready in tracks.sound.keep_up(packet.time):
            tracks.container.mux(ready)
        tracks.container.mux(unit)
        self._last = pts
        self.pictures += 1
        self.seconds = float((pts + duration) * TIME_BASE)

    def sound(self, pcm: bytes, time: float) -> None:
        """Write a block of 16-bit mono sound at 48 kHz and its time."""
        if self._tracks is not None:
            for ready in self._tracks.sound.hear(pcm, time):
                self._tracks.container.mux(ready)

    def close(self) -> None:
        """Write what waits and close the file."""
        if self._tracks is None:
            return
        tracks = self._tracks
        with tracks.container as container:
            for ready in tracks.sound.keep_up(tracks.start + self.seconds, patience=0):
                container.mux(ready)
            for ready in tracks.sound.end():
                container.mux(ready)
        self._tracks = None

    def abandon(self) -> None:
        """Close the file without another word, after a failure."""
        if self._tracks is not None:
            tracks, self._tracks = self._tracks, None
            tracks.container.close()

"""Pieces that belong together become one file; what does not fit together, several."""

from __future__ import annotations

import statistics
import sys
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import av

from genba.session.recording import birth
from genba.session.recording.soundtrack import PRIMING, RATE
from genba.session.recording.trim import trim
from genba.wire.media import piece_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

HOLE = 0.5  # seconds without a picture that are stated
SEAM = 0.1  # the same, where a process was replaced
USUAL, TIMES = 9, 3  # a slow camera: so many pictures tell its pace, and so many paces are a hole
MOST_HOLES = 500  # in one file; of more, the longest are stated
HEAD = 2**16  # bytes: an unreadable file that is larger holds pictures, so it is kept
FORMATS = {"mp4": ("mp4", {"movflags": "faststart"}), "mkv": ("matroska", {})}


Hole = tuple[float, float, str]  # at, seconds, why


@dataclass(frozen=True, slots=True)
class Piece:
    """What one piece holds; ``shape`` is equal where packets can follow each other."""

    path: Path
    shape: tuple[object, ...]
    width: int
    height: int
    began: float | None  # Unix time of its time 0
    seconds: float
    gaps: list[Hole]

    @property
    def epoch(self) -> int:
        """Which epoch wrote it."""
        number = piece_number(self.path)
        return number[0] if number is not None else 0


@dataclass(slots=True)
class Spliced:
    """A file that was made: ``began`` is Unix time; gaps are (at, seconds, why)."""

    seconds: float = 0.0
    began: float | None = None
    gaps: list[Hole] = field(default_factory=list)


class Holes:
    """Finds where a picture came far later than those before it let expect."""

    def __init__(self) -> None:
        """Begin without a picture."""
        self._found: list[Hole] = []
        self._steps: deque[float] = deque(maxlen=USUAL)
        self._last: float | None = None

    def seen(self, at: float, why: str = "network") -> None:
        """Take the time of the next picture; ``why`` there may be a hole before it."""
        if self._last is not None:
            step = at - self._last
            usual = statistics.median(self._steps) if self._steps else 0.0
            if step > (SEAM if why == "restart" else max(HOLE, TIMES * usual)):
                self._found.append((round(self._last, 3), round(step, 3), why))
            self._steps.append(step)
        self._last = at

    def found(self) -> list[Hole]:
        """Return them in order."""
        return sorted(sorted(self._found, key=lambda hole: -hole[1])[:MOST_HOLES])


def look(path: Path) -> Piece | None:
    """Return what a piece holds, None without any picture.

    Raises InvalidDataError for one that holds something, but nothing that can be read. A torn end
    at which FFmpeg gives up the whole file is cut off in place.
    """
    try:
        return _opened(path)
    except av.error.EOFError:
        trim(path)
        return _opened(path)


def _opened(path: Path) -> Piece | None:
    try:
        with av.open(str(path)) as source:
            # A head that was cut has streams of which nothing is known.
            if all(getattr(stream, "codec_context", None) for stream in source.streams):
                return _look(path, source)
    except av.error.InvalidDataError:
        if path.stat().st_size > HEAD:
            raise
    return None


def _look(path: Path, source: InputContainer) -> Piece | None:
    began = birth.read(source)
    video = source.streams.video[0].codec_context
    shape = tuple(
        (s.type, s.codec_context.name, bytes(s.codec_context.extradata or b""))
        for s in source.streams
    )
    size = (video.width, video.height)
    holes, end = Holes(), -1.0
    for packet in whole_packets(source):
        if packet.stream.type == "video":
            at = packet.pts or 0
            holes.seen(float(at * packet.time_base))
            end = max(end, float((at + (packet.duration or 0)) * packet.time_base))
    if end < 0:
        return None
    return Piece(path, (*shape, size), *size, began, end, holes.found())


def runs(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Group neighbours of the same shape and kind of file."""
    found: list[list[Piece]] = []
    for piece in pieces:
        last = found[-1][-1] if found else None
        if last and last.shape == piece.shape and last.path.suffix == piece.path.suffix:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def splice(run: Sequence[Piece], out: Path) -> Spliced:
    """Copy the packets of a run into ``out``; the time of day decides how they lie apart."""
    form, options = FORMATS[run[0].path.suffix.removeprefix(".")]
    with av.open(str(out), "w", format=form, options=options) as target:
        splicer = _Splicer(target, run[0].began)
        before = run[0].epoch
        for piece in run:
            with av.open(str(piece.path)) as source:
                splicer.add(source, piece.began, "network" if piece.epoch == before else "restart")
            before = piece.epoch
    splicer.made.gaps = splicer.holes.found()
    return splicer.made


class _Splicer:
    """Puts pieces one behind the other."""

    def __init__(self, target: OutputContainer, began: float | None) -> None:
        self.made = Spliced(began=began)
        self._target = target
        self._streams: dict[int, Stream] = {}
        self._last: dict[int, int] = {}
        self.holes = Holes()

    def add(self, source: InputContainer, began: float | None, why: str) -> None:
        """Copy all packets of one piece; ``why`` it does not begin where the last one ended."""
        made = self.made
        offset = made.seconds
        if began is not None and made.began is not None:
            offset = max(offset, began - made.began)
        if not self._streams:
            self._streams = {
                s.index: self._target.add_stream_from_template(s) for s in source.streams
            }
        for packet in whole_packets(source):
            stream, base = packet.stream, packet.time_base
            if packet.pts is None or packet.dts is None:
                continue
            # What AAC's encoder put before the first sample ends at the time 0; players leave it
            # out by an edit list.
            early = PRIMING / RATE if stream.codec_context.name == "aac" else 0.0
            moved = round((offset - early) / base)
            packet.pts += moved
            packet.dts += moved
            if packet.dts <= self._last.get(stream.index, packet.dts - 1):
                continue  # where two pieces meet, the later one's beginning gives way
            self._last[stream.index] = packet.dts
            if stream.type == "video":
                end = packet.pts + (packet.duration or 0)
                made.seconds = max(made.seconds, float(end * base))
                self.holes.seen(float(packet.pts * base), why)
                why = "network"
            packet.stream = self._streams[stream.index]
            self._target.mux(packet)


def whole_packets(source: InputContainer) -> Iterator[av.Packet[Stream]]:
    """Yield whole packets up to where the file is torn."""
    try:
        for packet in source.demux():
            if packet.dts is not None and not packet.is_corrupt:
                yield packet
    except av.FFmpegError as error:
        sys.stderr.write(f"{source.name}: torn at its end ({error.strerror})\n")

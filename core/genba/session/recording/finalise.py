"""``python -m genba.session.recording.finalise <part> <out>``: copy a part to a seekable MP4.

A plain copy of the packets, nothing is encoded again. A torn last fragment is left out. Where the
disk has no room for the copy, the part itself gets the final name: it plays, only its seeking is
slower. Prints ``{"seconds": ..., "size": ...}``; exit code 3 means that the part has no picture.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import av

from genba.kin import die_with
from genba.session.recording.sidecar import hidden, settle
from genba.session.recording.soundtrack import PRIMING, RATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from av.container import InputContainer, OutputContainer
    from av.stream import Stream

NOTHING = 3
NICE = 10
HEAD = 2**16  # bytes: an unreadable file that is larger holds pictures, so it is kept


def finalise(part: Path, out: Path) -> float | None:
    """Copy ``part`` to ``out`` in one step; return its seconds, or None without any picture."""
    growing = hidden(out)
    try:
        seconds = _copy_file(part, growing)
        if not seconds:
            return None
        with growing.open("rb") as file:
            os.fsync(file.fileno())
        growing.replace(out)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        seconds = _length(part)
        part.replace(out)
    finally:
        growing.unlink(missing_ok=True)
    settle(out.parent)
    return seconds


def _copy_file(part: Path, out: Path) -> float:
    """Copy all that is whole; return the seconds of picture."""
    options = {"movflags": "faststart"}
    try:
        with av.open(str(part)) as source:
            # A head that was cut has streams of which nothing is known.
            if all(getattr(stream, "codec_context", None) for stream in source.streams):
                with av.open(str(out), "w", format="mp4", options=options) as target:
                    return _copy(source, target)
    except av.error.InvalidDataError:
        if part.stat().st_size > HEAD:
            raise
    return 0.0


def _copy(source: InputContainer, target: OutputContainer) -> float:
    """Copy all packets; return the seconds of picture."""
    streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
    seconds = 0.0
    for packet in _packets(source):
        stream = packet.stream
        into = streams[stream.index]
        base, pts, dts = packet.time_base, packet.pts, packet.dts
        if pts is None or dts is None:
            continue
        # What the sound's encoder put before the first sample ends at the time 0; players leave
        # it out by an edit list.
        early = round(PRIMING / RATE / base) if stream.type == "audio" else 0
        packet.pts, packet.dts = pts - early, dts - early
        if stream.type == "video":
            seconds = max(seconds, float((pts - early + (packet.duration or 0)) * base))
        packet.stream = into
        target.mux(packet)
    return seconds


def _packets(source: InputContainer) -> Iterator[av.Packet[Stream]]:
    """Yield whole packets up to where the file is torn."""
    try:
        for packet in source.demux():
            if packet.dts is not None and not packet.is_corrupt:
                yield packet
    except av.FFmpegError as error:
        sys.stderr.write(f"{source.name}: torn at its end ({error.strerror})\n")


def _length(part: Path) -> float:
    """Return the seconds of picture in a part."""
    with av.open(str(part)) as source:
        ends = [
            float(((p.pts or 0) + (p.duration or 0)) * p.time_base)
            for p in _packets(source)
            if p.stream.type == "video"
        ]
    return max(ends, default=0.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(description="Copy a part to a seekable MP4.")
    parser.add_argument("--parent", type=int, help="end when this process ends")
    parser.add_argument("part", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.parent is not None:
        die_with(chosen.parent)
    os.nice(NICE)
    try:
        seconds = finalise(chosen.part, chosen.out)
    except (OSError, av.FFmpegError) as error:
        sys.stderr.write(f"{chosen.part.name}: {error}\n")
        return 1
    if seconds is None:
        return NOTHING
    facts = {"seconds": round(seconds, 3), "size": chosen.out.stat().st_size}
    sys.stdout.write(json.dumps(facts))
    return 0


if __name__ == "__main__":
    sys.exit(main())

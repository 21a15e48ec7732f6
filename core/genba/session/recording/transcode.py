"""A camera's VP8 coded anew as H.264, for players that know nothing but MP4."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av

from genba.session.recording.splice import FORMATS, whole_packets

if TYPE_CHECKING:
    from pathlib import Path

    from av.stream import Stream

TIME_BASE = Fraction(1, 90_000)
KEY_EVERY = 150  # pictures; it seeks by them
# No pictures that refer to later ones: every player shows the first at the time 0 then.
CODING = {"preset": "veryfast", "crf": "21", "bf": "0", "g": str(KEY_EVERY)}


def to_mp4(source: Path, out: Path) -> None:
    """Write ``source`` (VP8, one size) as H.264 into ``out``; its Opus is copied.

    Each picture keeps its time. Takes the time that it takes, on one thread. Raises OSError or
    av.FFmpegError; ``out`` is worth nothing then.
    """
    form, options = FORMATS["mp4"]
    with (
        av.open(str(source)) as reading,
        av.open(str(out), "w", format=form, options=options) as target,
    ):
        old = reading.streams.video[0]
        old.codec_context.thread_count = 1
        new = target.add_stream("libx264", rate=30, options=CODING)
        new.width, new.height = old.width & ~1, old.height & ~1  # 4:2:0 knows even sizes alone
        new.pix_fmt = "yuv420p"
        new.codec_context.time_base, new.codec_context.thread_count = TIME_BASE, 1
        sounds: dict[int, Stream] = {
            one.index: target.add_stream_from_template(one) for one in reading.streams.audio
        }
        for packet in whole_packets(reading):
            if packet.stream.index in sounds:
                packet.stream = sounds[packet.stream.index]
                target.mux(packet)
                continue
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    picture = frame.reformat(new.width, new.height, "yuv420p")
                    picture.pts, picture.time_base = frame.pts, frame.time_base
                    target.mux(new.encode(picture))
        target.mux(new.encode(None))

"""The newest picture of each camera, as the painter wants it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from av.video.reformatter import ColorRange, VideoReformatter

from genba.session.compositor.surface import Surface

if TYPE_CHECKING:
    from av import VideoFrame

    from genba.session.compositor.source import Source


@dataclass(frozen=True, slots=True)
class Reading:
    """A picture of limited range, and a ``number`` that no other picture had or will have."""

    number: int
    raw: VideoFrame
    surface: Surface


class Newest:
    """Used on one thread. Holds one picture a slot: the one that it was shown last."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[int, Reading] = {}
        self._numbers = itertools.count(1)
        self._reformatter = VideoReformatter()

    def of(self, source: Source) -> Reading | None:
        """Return the camera's picture, converted once a picture where need be; None before one."""
        raw = source.slot.frame
        if raw is None:
            self._kept.pop(source.n, None)
            return None
        kept = self._kept.get(source.n)
        if kept is None or kept.raw is not raw:
            surface = Surface(self._readable(raw))
            kept = self._kept[source.n] = Reading(next(self._numbers), raw, surface)
        return kept

    def _readable(self, raw: VideoFrame) -> VideoFrame:
        full = raw.color_range == ColorRange.JPEG or raw.format.name == "yuvj420p"
        if raw.format.name == "yuv420p" and not full:
            return raw
        # Not raw.reformat: a still may convert the same picture on another thread.
        return self._reformatter.reformat(
            raw,
            format="yuv420p",
            src_color_range=ColorRange.JPEG if full else None,
            dst_color_range=ColorRange.MPEG if full else None,
            threads=1,
        )

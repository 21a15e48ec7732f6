"""The view as single pictures, for those whose link carries no moving one."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from av.video.reformatter import VideoReformatter
from PIL import Image

from genba.errors import GenbaError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from av import VideoFrame

    from genba.session.mediaclock import MediaClock

EVERY = 1.0  # seconds: whoever asks meanwhile gets the same one
LINES = 360
QUALITY = 60  # of a JPEG: some 30 kB


class Snapshots:
    """Small JPEGs of the view, one a second however many ask; on the event loop."""

    def __init__(
        self, picture: Callable[[], Awaitable[VideoFrame | None]], clock: MediaClock
    ) -> None:
        """Take what ``picture`` returns: the view as it is now."""
        self._picture = picture
        self._clock = clock
        self._lock = asyncio.Lock()
        self._made_at = float("-inf")
        self._data = b""

    async def jpeg(self) -> bytes:
        """Return the view as it was a second ago at most; raises ``still.no_picture``."""
        async with self._lock:
            if self._clock.now() - self._made_at >= EVERY:
                frame = await self._picture()
                if frame is None:
                    raise GenbaError("still.no_picture")
                self._data = await asyncio.to_thread(_small, frame)
                self._made_at = self._clock.now()
            return self._data


def _small(frame: VideoFrame) -> bytes:
    out = io.BytesIO()
    width = round(frame.width * LINES / frame.height / 2) * 2
    # Not the frame's own reformatter: two threads that use it at once crash the process.
    rgb = VideoReformatter().reformat(frame, width, LINES, "rgb24", threads=1)
    Image.fromarray(rgb.to_ndarray()).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()

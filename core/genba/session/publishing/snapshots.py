"""The view as single pictures, for those whose link carries no moving one."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

from av.video.reformatter import VideoReformatter
from PIL import Image

from genba.errors import GenbaError

if TYPE_CHECKING:
    from collections.abc import Callable

    from av import VideoFrame

    from genba.session.mediaclock import MediaClock

EVERY = 1.0  # seconds: whoever asks meanwhile gets the same one
LINES = 360
QUALITY = 60  # of a JPEG: some 30 kB
FRESH = 1.0  # seconds that a picture may be old
PATIENCE = 1.0  # seconds to wait for one that is
_STEP = 0.02


class Snapshots:
    """Small JPEGs of the view, one a second however many ask; on the event loop."""

    def __init__(
        self, latest: Callable[[], VideoFrame | None], want: Callable[[], None], clock: MediaClock
    ) -> None:
        """Take what ``latest`` returns; ``want`` says that pictures are needed at all."""
        self._latest = latest
        self._want = want
        self._clock = clock
        self._lock = asyncio.Lock()
        self._made_at = float("-inf")
        self._data = b""

    async def jpeg(self) -> bytes:
        """Return the view as it was a second ago at most; raises ``still.no_picture``."""
        self._want()
        async with self._lock:
            if self._clock.now() - self._made_at >= EVERY:
                frame = await self._fresh()
                self._data = await asyncio.to_thread(_small, frame)
                self._made_at = self._clock.now()
            return self._data

    async def _fresh(self) -> VideoFrame:
        """Wait for a picture of now: nothing is painted while nobody needs any."""
        limit = self._clock.now() + PATIENCE
        while True:
            frame = self._latest()
            now = self._clock.now()
            if frame is not None and frame.time >= now - FRESH:
                return frame
            if now >= limit:
                raise GenbaError("still.no_picture")
            await asyncio.sleep(_STEP)


def _small(frame: VideoFrame) -> bytes:
    out = io.BytesIO()
    width = round(frame.width * LINES / frame.height / 2) * 2
    # Not the frame's own reformatter: two threads that use it at once crash the process.
    rgb = VideoReformatter().reformat(frame, width, LINES, "rgb24", threads=1)
    Image.fromarray(rgb.to_ndarray()).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()

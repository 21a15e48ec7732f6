"""The view as plugins get it."""

from __future__ import annotations

import asyncio
import io
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from av.video.reformatter import VideoReformatter
from PIL import Image

from genba.api import Layer
from genba.errors import GenbaError
from genba.session.compositor.mixer import Mix
from genba.session.publishing.queues import PictureQueue, SoundQueue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
    from datetime import timedelta

    from av import VideoFrame

    from genba.api import Packet, SessionInfo
    from genba.session.encoder.layers import Layers
    from genba.session.publishing.link import SessionLink
    from genba.session.publishing.links import Links
    from genba.wire.resume import KeptLink

FASTEST = 60  # pictures a second
QUALITY = 90  # of a JPEG


class SessionView:
    """An ``api.View``; on the event loop. It only reads."""

    def __init__(
        self,
        session: SessionInfo,
        layers: Layers,
        links: Links,
        latest: Callable[[], VideoFrame | None],
        picture: Callable[[], Awaitable[VideoFrame | None]],
    ) -> None:
        """Show what ``layers`` encode and ``latest`` returns: a picture nobody writes into.

        ``picture`` returns one of now, also where none was painted because nobody needed any.
        """
        self.session = session
        self._layers = layers
        self._links = links
        self._latest = latest
        self._picture = picture
        self._kept: dict[str, SessionLink] = {}
        self.made: list[SessionLink] = []

    @asynccontextmanager
    async def video(self, layer: Layer = Layer.H264) -> AsyncGenerator[AsyncIterator[Packet]]:
        """Yield encoded pictures from a key picture on; a slow reader skips to a later one."""
        source = self._layers.video(layer)
        queue = PictureQueue(source.request_key)
        source.fanout.add(queue)
        try:
            yield queue
        finally:
            source.fanout.remove(queue)

    @asynccontextmanager
    async def audio(self) -> AsyncGenerator[AsyncIterator[Packet]]:
        """Yield the cameras' sound; a slow reader loses the oldest."""
        source = self._layers.sound(Mix.cameras())
        queue = SoundQueue()
        source.fanout.add(queue)
        try:
            yield queue
        finally:
            source.fanout.remove(queue)

    @asynccontextmanager
    async def frames(self, fps: int) -> AsyncGenerator[AsyncIterator[VideoFrame]]:
        """Yield pictures at ``fps`` (1 to 60) at most; a slow reader gets the newest."""
        if not 1 <= fps <= FASTEST:
            raise ValueError(f"fps is 1 to {FASTEST}")
        pictures = self._pictures(fps)
        try:
            yield pictures
        finally:
            await pictures.aclose()

    async def snapshot(self) -> bytes:
        """Return the view now as a JPEG; raises ``still.no_picture`` before the first one."""
        frame = await self._picture()
        if frame is None:
            raise GenbaError("still.no_picture")
        return await asyncio.to_thread(_jpeg, frame)

    def link(self, purpose: str, ttl: timedelta) -> SessionLink:
        """Make a link for a publisher's kind; it ends with the session at the latest."""
        link = self._kept.pop(purpose, None) or self._links.make(purpose, ttl)
        self.made.append(link)
        return link

    def for_publication(self, kept: Iterable[KeptLink] = ()) -> SessionView:
        """Return the view for one publication, which gets back the links that it had (``kept``)."""
        own = SessionView(self.session, self._layers, self._links, self._latest, self._picture)
        for one in kept:
            link = self._links.restore(one)
            if link is not None:
                own._kept[one.purpose] = link
        return own

    def let_go(self) -> None:
        """End the kept links that the publication did not ask for again."""
        for link in self._kept.values():
            link.revoke()
        self._kept.clear()

    async def _pictures(self, fps: int) -> AsyncGenerator[VideoFrame]:
        loop = asyncio.get_running_loop()
        self._layers.want()
        due, frame, last = loop.time(), await self._picture(), None
        while True:
            if frame is not None and frame is not last:
                last = frame
                yield frame
            due = max(due + 1 / fps, loop.time())
            await asyncio.sleep(due - loop.time())
            self._layers.want()
            frame = self._latest()


def _jpeg(frame: VideoFrame) -> bytes:
    out = io.BytesIO()
    # Not the frame's own reformatter: two threads that use it at once crash the process.
    rgb = VideoReformatter().reformat(frame, format="rgb24", threads=1)
    Image.fromarray(rgb.to_ndarray()).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()

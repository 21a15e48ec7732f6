"""A short-lived way to look at the view without signing in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from genba.api import EndReason

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from genba.clock import Clock

FRESH = 3.0  # seconds that one word of frames being shown holds


class SessionLink:
    """An ``api.Link``, made by ``Links``; on the event loop. ``url`` opens the view: a secret."""

    def __init__(
        self,
        id: str,  # noqa: A002 (the api's name)
        url: str,
        purpose: str,
        expires: datetime,
        *,
        clock: Clock,
        end: Callable[[SessionLink, EndReason], None],
    ) -> None:
        """Be open until ``end`` is called or the time has come; ``expires`` is UTC."""
        self.id = id
        self.url = url
        self.purpose = purpose
        self.expires = expires
        self.reason: EndReason | None = None
        self._clock = clock
        self._end = end
        self._viewers = 0
        self._shown_at = float("-inf")
        self._ended = asyncio.Event()

    @property
    def viewers(self) -> int:
        """How many are connected by it now."""
        return self._viewers

    @property
    def shown(self) -> bool:
        """Whether one of them has shown a frame within the last three seconds."""
        return self.reason is None and self._clock.monotonic() - self._shown_at <= FRESH

    def revoke(self) -> None:
        """End it now: its viewers are disconnected, its address answers 410."""
        self._end(self, EndReason.STOPPED)

    async def wait_ended(self) -> EndReason:
        """Return once it is revoked or expired, or the session has ended."""
        await self._ended.wait()
        return self.reason or EndReason.STOPPED

    def opened(self) -> None:
        """Count one more who is connected."""
        self._viewers += 1

    def closed(self) -> None:
        """Count one less."""
        self._viewers = max(0, self._viewers - 1)

    def watched(self) -> None:
        """Hear that frames are being shown."""
        self._shown_at = self._clock.monotonic()

    def over(self, reason: EndReason) -> None:
        """Be ended; the first reason stays."""
        if self.reason is None:
            self.reason = reason
            self._ended.set()

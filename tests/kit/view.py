"""A view that is nowhere and whose links do what a test says."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

from genba.api import EndReason, Layer, SessionInfo

if TYPE_CHECKING:
    from genba.api import Link, View

NOW = datetime(2026, 4, 1, 3, 0, tzinfo=UTC)


@dataclass
class MadeLink:
    """A link; ``viewers`` and ``shown`` are what a test sets, ``expire`` is the clock's part."""

    purpose: str
    ttl: timedelta
    id: str = "l1"
    url: str = "https://genba.example/v/ticket"
    viewers: int = 0
    shown: bool = False
    ended: asyncio.Future[EndReason] = field(default_factory=asyncio.Future)

    @property
    def expires(self) -> datetime:
        """The end that was asked for."""
        return NOW + self.ttl

    def revoke(self) -> None:
        """End it, once."""
        self._end(EndReason.STOPPED)

    def expire(self) -> None:
        """End it as its time does."""
        self._end(EndReason.EXPIRED)

    async def wait_ended(self) -> EndReason:
        """Return the reason; many may wait."""
        return await asyncio.shield(self.ended)

    def _end(self, reason: EndReason) -> None:
        if not self.ended.done():
            self.ended.set_result(reason)


@dataclass
class MadeView:
    """Has links and no picture."""

    links: list[MadeLink] = field(default_factory=list)
    session: SessionInfo = field(
        default_factory=lambda: SessionInfo("s1", "default", "第2工場 ポンプ室", NOW)
    )

    def link(self, purpose: str, ttl: timedelta) -> Link:
        """Make one and remember it."""
        made = MadeLink(purpose, ttl)
        self.links.append(made)
        return made

    def video(self, layer: Layer = Layer.H264) -> NoReturn:
        """Nothing in these tests looks at pictures."""
        raise NotImplementedError(layer)

    def audio(self) -> NoReturn:
        """Nor hears."""
        raise NotImplementedError

    def frames(self, fps: int) -> NoReturn:
        """Nor looks at frames."""
        raise NotImplementedError(fps)

    async def snapshot(self) -> bytes:
        """Nor keeps a still."""
        raise NotImplementedError


def made() -> tuple[View, list[MadeLink]]:
    """Return a view and the list of the links that it makes."""
    view = MadeView()
    return view, view.links

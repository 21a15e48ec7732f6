"""The way to each session's process, also while that is being replaced."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from genba.errors import GenbaError

if TYPE_CHECKING:
    import aiohttp

    from genba.placement import Placement

PATIENCE = 5.0  # seconds that a request waits for a session that is being brought back


class Doors:
    """Who asks a session that is being brought back waits a little, then is told so.

    On the event loop.
    """

    def __init__(self, placement: Placement, *, patience: float = PATIENCE) -> None:
        """Know no session yet."""
        self._placement = placement
        self._patience = patience
        self._here: dict[str, asyncio.Event] = {}

    def open(self, session: str) -> None:
        """Hear that a session's process takes requests."""
        self._here.setdefault(session, asyncio.Event()).set()

    def shut(self, session: str) -> None:
        """Hear that its process is gone and another is on its way."""
        self._here.setdefault(session, asyncio.Event()).clear()

    def remove(self, session: str) -> None:
        """Hear that it has ended; whoever waits is told."""
        here = self._here.pop(session, None)
        if here is not None:
            here.set()

    def is_shut(self, session: str) -> bool:
        """Whether it is being brought back."""
        here = self._here.get(session)
        return here is not None and not here.is_set()

    async def http(self, session: str) -> aiohttp.ClientSession:
        """Return the client of a session's process; see ``Placement.http``.

        Raises ``session.ended``, or ``session.returning`` after five seconds without one.
        """
        here = self._here.get(session)
        if here is None:
            raise GenbaError("session.ended")
        try:
            async with asyncio.timeout(self._patience):
                await here.wait()
        except TimeoutError:
            raise GenbaError("session.returning") from None
        if session not in self._here:
            raise GenbaError("session.ended")
        try:
            return self._placement.http(session)
        except GenbaError as error:  # it died a moment ago, and nobody has noticed yet
            raise GenbaError("session.returning") from error

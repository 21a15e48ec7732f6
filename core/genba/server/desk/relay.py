"""The TURN server as clients are told of it: its addresses, with credentials that soon end."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING

from genba import turn
from genba.server.identity import keys
from genba.wire.order import IceServer

if TYPE_CHECKING:
    from pathlib import Path

    from genba.clock import Clock
    from genba.settings import Settings

MINUTE = 60
MOST = 60  # credentials a minute for one bearer; more are not made
MOST_SHARED = 240  # for a link that many guests share
BUCKETS = 16  # quotas that the guests of one link share out among them
REMEMBERED = 4096  # bearers whose count is kept; the one that asked longest ago is forgotten


class Relay:
    """On the event loop. Names nobody until it is opened, nor where there is no TURN server."""

    def __init__(self, clock: Clock) -> None:
        """Take the clock that credentials end by; it has to be coturn's own, the machine's."""
        self._clock = clock
        self._plan: turn.Plan | None = None
        self.off = ""  # why there is none
        self._secret = ""
        self._made: OrderedDict[str, tuple[int, int]] = OrderedDict()  # minute and count

    @property
    def on(self) -> bool:
        """Whether there is one."""
        return self._plan is not None

    async def open(self, settings: Settings, data: Path) -> None:
        """Work out whether there is one; raises TurnError, ReachError, KeyFileError."""
        found = await asyncio.to_thread(turn.plan, settings)
        if isinstance(found, turn.Off):
            self.off = found.why
            return
        self._plan = found
        self._secret = (await asyncio.to_thread(keys.key, data, "turn")).hex()

    def servers(self, bearer: str, *, shared: bool = False) -> tuple[IceServer, ...]:
        """Return the servers with fresh credentials for a ticket's id.

        ``shared``: many people have the ticket. Empty where there is no server, and for who asks
        too often: a call without TURN is what most calls are.
        """
        if self._plan is None or not self._may(bearer, MOST_SHARED if shared else MOST):
            return ()
        name = f"{bearer}.{secrets.randbelow(BUCKETS)}" if shared else bearer
        expires = int(self._clock.now().timestamp()) + self._plan.minutes * MINUTE
        found = turn.mint(self._secret, name, expires)
        return tuple(
            IceServer(urls=url, username=found.username, credential=found.password)
            for url in self._plan.urls
        )

    def _may(self, bearer: str, most: int) -> bool:
        minute = int(self._clock.now().timestamp()) // MINUTE
        begun, count = self._made.pop(bearer, (minute, 0))
        count = count + 1 if begun == minute else 1
        self._made[bearer] = (minute, min(count, most + 1))
        if len(self._made) > REMEMBERED:
            self._made.popitem(last=False)
        return count <= most

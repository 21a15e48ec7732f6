"""How often somebody may begin: offers, fragments, control connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from aiohttp import web
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from genba.errors import GenbaError
from genba.server.desk.addresses import network
from genba.server.identity.actor import ActorKind

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.server.identity.actor import Actor

What = Literal["begin", "go_on"]  # an offer or a control connection; a fragment or a goodbye

WINDOW = 10  # seconds
RETRY = 2  # seconds that who is refused is asked to wait

# An office behind one address may have a hundred guests whose pages all come back at once, by two
# connections each, a few times in these seconds. They also share one ticket: a guest's link.
PER_ADDRESS = {"begin": 2000, "go_on": 5000}
PER_LINK = {"begin": 1500, "go_on": 4000}
# A camera on a bad link comes back twice a second, by picture, sound and control.
PER_BEARER = {"begin": 100, "go_on": 300}


class Pace:
    """Counts over ten seconds that slide; event loop.

    What is counted is kept in this process and forgotten with it.
    """

    def __init__(self) -> None:
        """Begin with a clean slate."""
        self._storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def close(self) -> None:
        """Stop the storage's own housekeeping."""
        if self._storage.timer is not None:
            self._storage.timer.cancel()
            await asyncio.gather(self._storage.timer, return_exceptions=True)

    async def from_address(self, address: str, what: What) -> None:
        """Count a try, before a ticket is read; raises ``rate.limited``."""
        await self._hit(PER_ADDRESS[what], "address", what, network(address))

    async def of_bearer(self, actor: Actor, what: What) -> None:
        """Count a try by a good ticket; raises ``rate.limited``."""
        limits = PER_LINK if actor.kind is ActorKind.GUEST else PER_BEARER
        await self._hit(limits[what], "bearer", what, actor.session, actor.id)

    async def _hit(self, most: int, *key: str) -> None:
        if not await self._limiter.hit(RateLimitItemPerSecond(most, WINDOW), *key):
            raise GenbaError("rate.limited", retry_after=RETRY)


PACE: web.AppKey[Pace] = web.AppKey("genba.pace", Pace)


async def _lifetime(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[PACE].close()


def add(app: web.Application) -> None:
    """Give the application its pace."""
    app[PACE] = Pace()
    app.cleanup_ctx.append(_lifetime)

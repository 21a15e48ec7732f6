"""How often somebody may guess a password or a second factor's code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from genba.errors import GenbaError

if TYPE_CHECKING:
    from limits import RateLimitItem

# Of one login: at most 480 guesses in eight hours, from wherever. An office is one address.
PER_LOGIN = RateLimitItemPerMinute(5, 5)
PER_ADDRESS = RateLimitItemPerMinute(60, 5)
FOR_ALL = RateLimitItemPerMinute(600)
RETRY = 300  # seconds


class Guesses:
    """Async context manager; on the event loop.

    Only wrong guesses count against a login, so that nobody is kept out by signing in. Nothing
    outlives the process. ``rate.limited`` is raised for a login that does not exist just the same.
    """

    def __init__(self) -> None:
        """Begin with a clean slate."""
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)

    async def __aenter__(self) -> Self:
        """Nothing to start."""
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop the storage's own housekeeping."""
        if self._storage.timer is not None:
            self._storage.timer.cancel()
            await asyncio.gather(self._storage.timer, return_exceptions=True)

    async def allowed(self, login: str, network: str) -> None:
        """Raise ``rate.limited`` where too many were wrong lately; called before any work."""
        if not await self._limiter.test(PER_LOGIN, "login", login):
            raise GenbaError("rate.limited", retry_after=RETRY)
        await self._hit(PER_ADDRESS, "address", network)
        await self._hit(FOR_ALL, "all")

    async def wrong(self, login: str) -> None:
        """Count a wrong one."""
        await self._limiter.hit(PER_LOGIN, "login", login)

    async def _hit(self, most: RateLimitItem, *key: str) -> None:
        if not await self._limiter.hit(most, *key):
            raise GenbaError("rate.limited", retry_after=RETRY)

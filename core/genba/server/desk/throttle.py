"""How often somebody may guess a code, or begin a test."""

from __future__ import annotations

import asyncio
from typing import Self

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from genba.errors import GenbaError
from genba.server.desk.addresses import network

PER_ADDRESS = RateLimitItemPerMinute(10)
FOR_ALL = RateLimitItemPerMinute(60)
TESTS_PER_ADDRESS = RateLimitItemPerMinute(6)
TESTS_FOR_ALL = RateLimitItemPerMinute(30)


class Throttle:
    """Async context manager. One address is stopped before it can use up what all share."""

    def __init__(
        self,
        per_address: RateLimitItemPerMinute = PER_ADDRESS,
        for_all: RateLimitItemPerMinute = FOR_ALL,
    ) -> None:
        """Begin with a clean slate; it does not outlive the process."""
        self._per_address, self._for_all = per_address, for_all
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

    async def take(self, address: str) -> None:
        """Count one try; raises ``rate.limited``."""
        if not await self._limiter.hit(self._per_address, network(address)):
            raise GenbaError("rate.limited")
        if not await self._limiter.hit(self._for_all, "all"):
            raise GenbaError("rate.limited")

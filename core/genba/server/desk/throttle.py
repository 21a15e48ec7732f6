"""How often somebody may guess a code."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Self

from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from genba.errors import GenbaError

PER_ADDRESS = RateLimitItemPerMinute(10)
FOR_ALL = RateLimitItemPerMinute(60)


class Throttle:
    """Async context manager. One address is stopped before it can use up what all share."""

    def __init__(self) -> None:
        """Begin with a clean slate; it does not outlive the process."""
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
        if not await self._limiter.hit(PER_ADDRESS, _network(address)):
            raise GenbaError("rate.limited")
        if not await self._limiter.hit(FOR_ALL, "all"):
            raise GenbaError("rate.limited")


def _network(address: str) -> str:
    """Return what one household has: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)

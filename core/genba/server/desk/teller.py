"""Tells plugins what happened, in order, without anybody waiting for them."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)
BACKLOG = 256  # facts; more than that and the newest is dropped, with a line in the log
GOODBYE = 3.0  # seconds that the last facts get when the server stops


class Teller:
    """Async context manager; leaving it tells what was said, for a few seconds at most.

    A plugin that fails or hangs is ``Plugins``' affair: each gets its few seconds, guarded.
    """

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self._facts: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue(BACKLOG)

    async def __aenter__(self) -> Self:
        """Start."""
        self._task = asyncio.create_task(self._run(), name="teller")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Tell the rest, then stop."""
        try:
            async with asyncio.timeout(GOODBYE):
                await self.heard()
        except TimeoutError:
            log.warning("plugins are too slow: %d facts are not told", self._facts.qsize())
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def say(self, fact: Callable[[], Awaitable[None]]) -> None:
        """Have ``fact`` called soon; never blocks."""
        try:
            self._facts.put_nowait(fact)
        except asyncio.QueueFull:
            log.warning("plugins are too slow: one fact is not told")

    async def heard(self) -> None:
        """Return once everything said so far was told."""
        await self._facts.join()

    async def _run(self) -> None:
        while True:
            fact = await self._facts.get()
            try:
                await fact()
            finally:
                self._facts.task_done()

"""A session's process that was given up and replaced finds out, and is no more."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.fence import Fence

log = logging.getLogger(__name__)
EVERY = 0.5  # seconds
LAST_WORD = 0.05  # seconds that the log's own thread gets for the line that says why


class FenceWatch:
    """Async context manager; looks at the fence off the event loop, twice a second.

    ``lost`` is called once, on the loop, when a newer epoch has taken over, or the session has
    ended without this process. Whoever placed it has killed it before: this is for when that did
    not reach it.
    """

    def __init__(self, fence: Fence, lost: Callable[[], None]) -> None:
        """Begin to look when entered."""
        self._fence = fence
        self._lost = lost

    async def __aenter__(self) -> Self:
        """Begin to look."""
        self._task = asyncio.create_task(self._look(), name="session:fence")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop looking."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while await asyncio.to_thread(self._fence.holds):  # noqa: ASYNC110 (a file sets no event)
            await asyncio.sleep(EVERY)
        log.critical("epoch %d was replaced while it did not look, and ends", self._fence.epoch)
        await asyncio.sleep(LAST_WORD)
        self._lost()

"""Waiting for what has no event of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


async def until(true: Callable[[], object], limit: float = 10) -> None:
    """Return once ``true()`` holds; TimeoutError after ``limit`` seconds."""
    async with asyncio.timeout(limit):
        while not true():  # noqa: ASYNC110  a counter of another program or thread sets no event
            await asyncio.sleep(0.01)

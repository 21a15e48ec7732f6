"""People who come and go all the time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiortc.rtcdtlstransport import RTCCertificate

from tests.kit.leanviewer import LeanViewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass
class Crowd:
    """Joins and leaves at a rate; counts what happened."""

    ask: Callable[[str], Awaitable[str]]
    certificate: RTCCertificate = field(default_factory=RTCCertificate.generateCertificate)
    joined: int = 0
    failed: int = 0
    behind: int = 0  # joins that were begun late, because this program was too slow
    most: int = 30  # at the same time

    def viewer(self) -> LeanViewer:
        return LeanViewer(self.ask, self.certificate)

    async def rush(self, rate: float, seconds: float) -> None:
        """Have ``rate`` viewers a second join, take one packet, and leave at once."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        open_ones: set[asyncio.Task[None]] = set()
        for number in range(round(rate * seconds)):
            due = begun + number / rate - loop.time()
            if due > 0:
                await asyncio.sleep(due)
            elif due < -1:
                self.behind += 1
            while len(open_ones) >= self.most:
                _, open_ones = await asyncio.wait(open_ones, return_when=asyncio.FIRST_COMPLETED)
            open_ones.add(asyncio.create_task(self.visit(), name=f"crowd:{number}"))
            open_ones = {task for task in open_ones if not task.done()}
        if open_ones:
            await asyncio.wait(open_ones)

    async def visit(self) -> None:
        """Join and leave once."""
        try:
            async with self.viewer():
                self.joined += 1
        except (TimeoutError, ConnectionError, AssertionError):
            self.failed += 1


async def pictures(viewers: list[LeanViewer], seconds: float) -> list[int]:
    """Return how many pictures each gets in so many seconds."""
    before = [viewer.pictures for viewer in viewers]
    await asyncio.sleep(seconds)
    return [viewer.pictures - start for viewer, start in zip(viewers, before, strict=True)]

"""Work that plugins want done from time to time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.api import Job

log = logging.getLogger(__name__)


class Jobs:
    """Async context manager: one task a job, each on its own; leaving it ends them all."""

    def __init__(self, jobs: Mapping[str, list[Job]]) -> None:
        """Take the jobs by plugin."""
        self._jobs = jobs
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Start them; each runs for the first time after its period."""
        for plugin, jobs in self._jobs.items():
            self._tasks += [
                asyncio.create_task(self._repeat(plugin, job), name=f"job:{plugin}.{job.name}")
                for job in jobs
            ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @staticmethod
    async def _repeat(plugin: str, job: Job) -> None:
        while True:
            await asyncio.sleep(max(job.every.total_seconds(), 1.0))
            try:
                await job.run()
            except Exception:
                log.exception("plugin %s: job %s failed", plugin, job.name)

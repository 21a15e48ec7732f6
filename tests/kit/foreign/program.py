"""A foreign program in a process group of its own; what it prints is kept, a JSON line is read."""

from __future__ import annotations

import asyncio
import collections
import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
LINES = 500  # the newest lines that are kept
END = 15.0  # seconds that a program has to say goodbye


class Program:
    """Async context manager; leaving it ends what still runs, its children too."""

    def __init__(self, *command: str) -> None:
        """Run it in the repository's folder."""
        self.command = command
        self.lines: collections.deque[str] = collections.deque(maxlen=LINES)
        self.said: collections.deque[dict[str, Any]] = collections.deque(maxlen=LINES)
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
        self._reader = asyncio.create_task(self._read(), name=f"read {self.command[0]}")
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.kill()
        await self._process.wait()
        await self._reader

    async def bye(self) -> int:
        """Ask it to end as Ctrl+C or a service's stop does; return its exit code."""
        if self._process.returncode is None:
            self._process.terminate()
        return await self.ended(END)

    async def ended(self, limit: float) -> int:
        """Return its exit code once it has ended by itself."""
        async with asyncio.timeout(limit):
            return await self._process.wait()

    def kill(self) -> None:
        """End it and its children without a word (SIGKILL)."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)

    async def heard(self, good: Callable[[dict[str, Any]], object], limit: float) -> dict[str, Any]:
        """Return the first thing it said that is good; its lines are the reason where none is."""
        try:
            async with asyncio.timeout(limit), self._news:
                while True:
                    for one in self.said:
                        if good(one):
                            return one
                    if self._reader.done():
                        raise AssertionError("it ended: " + "\n".join(self.lines))
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError("it did not say so: " + "\n".join(self.lines)) from None

    def statuses(self, method: str) -> list[int]:
        """Return how its requests of a method were answered, as far as it says so."""
        return [one["status"] for one in self.said if one.get("method") == method]

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            async with self._news:
                self.lines.append(text)
                if text.startswith("{"):
                    self.said.append(json.loads(text))
                self._news.notify_all()
        async with self._news:
            self._news.notify_all()

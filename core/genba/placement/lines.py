"""JSON lines on a Unix socket between the supervisor and the web process.

A request is ``{"id": 1, "do": "take", ...}``, its answer ``{"id": 1, ...}``; a line without an id
is news from the supervisor.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 1 << 20


def write(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    """Queue one line; the other side reads at once, so nothing piles up."""
    writer.write(json.dumps(message).encode() + b"\n")


async def read(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """Return the next message, or None at the end; raises ValueError on what is no JSON object."""
    line = await reader.readline()
    if not line:
        return None
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 (one kind of error for bad input)
    return message


class Caller:
    """The asking end. An async context manager; ``news`` hears lines without an id."""

    def __init__(self, path: str, news: Callable[[dict[str, Any]], None]) -> None:
        """Remember where the other end listens."""
        self._path = path
        self._news = news
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ids = itertools.count(1)

    async def __aenter__(self) -> Self:
        """Connect; raises OSError where nobody listens."""
        self._reader, self._writer = await asyncio.open_unix_connection(self._path, limit=LIMIT)
        self._task = asyncio.create_task(self._listen(), name="supervisor:listen")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Hang up; calls under way fail with ConnectionError."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def ask(self, do: str, **more: object) -> dict[str, Any]:
        """Return the answer; raises ConnectionError when the other end is gone."""
        if self._task.done():
            raise ConnectionError("the supervisor is gone")
        number = next(self._ids)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        write(self._writer, {"id": number, "do": do, **more})
        try:
            return await self._waiting[number]
        finally:
            del self._waiting[number]

    async def _listen(self) -> None:
        try:
            while (message := await read(self._reader)) is not None:
                waiting = self._waiting.get(message.get("id", 0))
                if waiting is None:
                    self._news(message)
                elif not waiting.done():
                    waiting.set_result(message)
        finally:
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the supervisor is gone"))

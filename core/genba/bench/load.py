"""Requests at a fixed rate: ``python -m genba.bench.load --parent PID``.

Reads orders from stdin and answers on stdout, one line of JSON either way:

    {"url": base, "token": …, "paths": [path, …], "rate": requests a second, "seconds": …}

Each request is due at its time whether or not earlier ones have been answered, and its time counts
from then: a server that stands still cannot hide behind requests that were never sent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from typing import Any
from urllib.parse import urlsplit

from genba.kin import die_with

PATIENCE = 10.0  # seconds that one request may take
OPEN = 32  # connections, kept
GOOD = range(200, 300)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Wire:
    """One kept connection, with as little of HTTP/1.1 as the API's answers need.

    A client that costs as much as the server would measure itself.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        """Connect with the first request."""
        self._host, self._port = host, port
        self._head = f"HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def get(self, path: str) -> bool:
        """Ask, and say whether the answer was good; a connection that broke is made anew."""
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        try:
            self._writer.write(f"GET {path} {self._head}".encode())
            head = await self._reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            await self._reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            self.close()
            raise
        return int(head[9:12]) in GOOD

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None


async def load(order: dict[str, Any]) -> dict[str, Any]:
    """Send the requests and return their times in milliseconds, and how many failed."""
    loop = asyncio.get_running_loop()
    where = urlsplit(order["url"])
    times: list[float] = []
    failed = 0
    idle: asyncio.LifoQueue[Wire] = asyncio.LifoQueue()
    for _ in range(OPEN):
        idle.put_nowait(Wire(where.hostname or "", where.port or 80, order["token"]))

    async def one(path: str, due: float) -> None:
        nonlocal failed
        try:
            async with asyncio.timeout_at(due + PATIENCE):
                wire = await idle.get()
                try:
                    failed += not await wire.get(path)
                finally:
                    idle.put_nowait(wire)
        except (OSError, asyncio.IncompleteReadError):  # the first is TimeoutError too
            failed += 1
        times.append((loop.time() - due) * 1000)

    async with asyncio.TaskGroup() as group:
        start = loop.time()
        for number in range(round(order["rate"] * order["seconds"])):
            due = start + number / order["rate"]
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            path = order["paths"][number % len(order["paths"])]
            group.create_task(one(path, due), name="load:request")
    while not idle.empty():
        idle.get_nowait().close()
    return {"times": times, "failed": failed}


async def _main() -> None:
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        sys.stdout.write(json.dumps(await load(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m genba.bench.load")
    parser.add_argument("--parent", type=int, required=True)
    die_with(parser.parse_args().parent)
    asyncio.run(_main())

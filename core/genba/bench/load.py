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
import sys
from typing import Any

import aiohttp

from genba.kin import die_with

PATIENCE = aiohttp.ClientTimeout(total=10)
OPEN = 64  # connections


async def load(order: dict[str, Any]) -> dict[str, Any]:
    """Send the requests and return their times in milliseconds, and how many failed."""
    loop = asyncio.get_running_loop()
    times: list[float] = []
    failed = 0

    async def one(path: str, due: float) -> None:
        nonlocal failed
        try:
            async with http.get(order["url"] + path) as answer:
                await answer.read()
                failed += not answer.ok
        except (aiohttp.ClientError, TimeoutError):
            failed += 1
        times.append((loop.time() - due) * 1000)

    connector = aiohttp.TCPConnector(limit=OPEN)
    headers = {"Authorization": f"Bearer {order['token']}"}
    async with (
        aiohttp.ClientSession(connector=connector, headers=headers, timeout=PATIENCE) as http,
        asyncio.TaskGroup() as group,
    ):
        start = loop.time()
        for number in range(round(order["rate"] * order["seconds"])):
            due = start + number / order["rate"]
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            path = order["paths"][number % len(order["paths"])]
            group.create_task(one(path, due), name="load:request")
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

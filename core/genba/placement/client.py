"""Plain HTTP to a worker's Unix socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from genba.errors import PROBLEMS, GenbaError

if TYPE_CHECKING:
    from genba.wire.order import Order

PATIENCE = aiohttp.ClientTimeout(total=None, connect=5, sock_connect=5)
ORDER_PATIENCE = aiohttp.ClientTimeout(total=15)


def worker_client(socket: str) -> aiohttp.ClientSession:
    """Return a client whose base address is the worker behind ``socket``.

    Without a limit of its own: the worker limits pages and viewers, each kind apart.
    """
    return aiohttp.ClientSession(
        "http://session",
        connector=aiohttp.UnixConnector(socket, limit=0),
        timeout=PATIENCE,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
    )


async def post_order(client: aiohttp.ClientSession, order: Order) -> None:
    """Give a worker its order; raises the error that it answers, or ``server.busy``."""
    try:
        async with client.post(
            "/order",
            data=order.model_dump_json(),
            headers={"Content-Type": "application/json"},
            timeout=ORDER_PATIENCE,
        ) as answer:
            if answer.status == 201:  # noqa: PLR2004
                return
            problem = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise GenbaError("server.busy", "The session process did not start.") from error
    code = str(problem.get("code", "server.failed"))
    raise GenbaError(code if code in PROBLEMS else "server.failed", str(problem.get("detail", "")))

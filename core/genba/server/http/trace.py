"""A number for every request, in its answer and in the log."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

from aiohttp import web
from structlog.contextvars import bind_contextvars, clear_contextvars

from genba.server.http.keys import REQUEST_ID
from genba.server.http.metrics import METRICS
from genba.server.http.route import TABLE

if TYPE_CHECKING:
    from genba.server.http.route import Handler

log = logging.getLogger("genba.access")


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give a request its number, and write how it went.

    The log holds the route's pattern, never the address: addresses hold tickets and codes.
    """
    number = request[REQUEST_ID] = secrets.token_hex(8)
    clear_contextvars()  # requests of one connection share their task's context
    bind_contextvars(request=number)
    begun = time.monotonic()
    status = 499  # the client left
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    finally:
        row = request.app[TABLE].of(request)
        took = time.monotonic() - begun
        method, path = (request.method, row.path) if row else ("-", "-")
        if row is not None and request.headers.get("Upgrade", "").lower() != "websocket":
            request.app[METRICS].request(method, path, status, took)
        log.info("%s %s %s %d ms", method, path, status, took * 1000, extra={"status": status})

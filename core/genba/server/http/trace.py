"""A number for every request, in its answer and in the log."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

from aiohttp import web

from genba.server.http.keys import REQUEST_ID
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
    begun = time.monotonic()
    status = 499  # the client left
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    finally:
        row = request.app[TABLE].of(request)
        log.info(
            "%s %s %s %s %d ms",
            number,
            request.method if row else "-",
            row.path if row else "-",
            status,
            (time.monotonic() - begun) * 1000,
        )

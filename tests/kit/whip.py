"""A WHIP server of a few lines, and the foreign programs that publish to it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp.test_utils import TestServer

from genba.errors import GenbaError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@contextlib.asynccontextmanager
async def whip_server(answer: Callable[[str], Awaitable[str]]) -> AsyncIterator[str]:
    """Serve ``POST /whip`` and ``DELETE /whip/1`` on 127.0.0.1; yields the address."""

    async def post(request: web.Request) -> web.Response:
        try:
            text = await answer(await request.text())
        except GenbaError as error:
            return web.json_response(error.body(), status=error.status)
        headers = {"Location": "/whip/1", "ETag": '"1"'}
        return web.Response(status=201, text=text, content_type="application/sdp", headers=headers)

    async def delete(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/whip", post)
    app.router.add_delete("/whip/1", delete)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/whip"))

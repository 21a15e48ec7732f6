"""A WHIP endpoint over real camera links, without a session around them."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING, Self

from aiohttp import web

from genba.api import EndReason
from genba.session.camera.link import CameraLink
from genba.session.camera.slot import FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer.socket import PeerSocket
from genba.wire.order import RtcOrder

if TYPE_CHECKING:
    from genba.session.camera.unit import AccessUnit


class WhipDoor:
    """Async context manager: listens on 127.0.0.1; ``links`` and ``slots`` stand by token."""

    def __init__(self, port: int = 0, refuse: int = 0) -> None:
        self.port, self.refuse = port, refuse
        self.links: dict[str, CameraLink] = {}
        self.slots: dict[str, FrameSlot] = defaultdict(FrameSlot)
        self.units: dict[str, list[AccessUnit]] = defaultdict(list)
        self.came: asyncio.Queue[str] = asyncio.Queue()
        self.left: asyncio.Queue[str] = asyncio.Queue()
        self._clock = MediaClock()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._socket = await self._stack.enter_async_context(PeerSocket(RtcOrder()))
        app = web.Application()
        app.router.add_post("/whip", self._post)
        app.router.add_delete("/whip/{token}", self._delete)
        runner = web.AppRunner(app)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        while self.links:  # a camera that hangs up meanwhile takes its own away
            await self.links.popitem()[1].close(EndReason.SHUTDOWN)
        await self._stack.aclose()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/whip"

    async def pictures(self, token: str, more: int = 3) -> None:
        """Return once so many more pictures of that camera were decoded."""
        slot = self.slots[token]
        wanted = slot.count + more
        while slot.count < wanted:  # noqa: ASYNC110 (written by a thread)
            await asyncio.sleep(0.02)

    @staticmethod
    def _token(request: web.Request) -> str:
        return request.headers["Authorization"].removeprefix("Bearer ")

    async def _post(self, request: web.Request) -> web.Response:
        if self.refuse:
            self.refuse -= 1
            self.came.put_nowait("refused")
            return web.Response(status=503)
        token = self._token(request)
        link = await CameraLink.open(
            self._socket,
            await request.text(),
            self._clock,
            self.slots[token],
            on_unit=self.units[token].append,
        )
        self.links[token] = link
        self.came.put_nowait(token)
        return web.Response(
            status=201,
            text=link.peer.answer,
            content_type="application/sdp",
            headers={"Location": f"/whip/{token}"},
        )

    async def _delete(self, request: web.Request) -> web.Response:
        token = self._token(request)
        link = self.links.pop(token, None)
        if link is None:
            raise web.HTTPNotFound
        await link.close(EndReason.LEFT)
        self.left.put_nowait(token)
        return web.Response()

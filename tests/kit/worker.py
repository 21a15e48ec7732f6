"""A session process without media: the worker's routes on a Unix socket, answered from values."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from genba.errors import GenbaError
from genba.wire.event import ResumeChanged, SessionEnded, StateChanged
from genba.wire.state import Figures, Layout, Recording, SessionState, Slot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from genba.api import EndReason
    from genba.wire.event import Event
    from genba.wire.order import Order
    from genba.wire.resume import Resume

ANSWER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


@dataclass
class Asked:
    """One request that came to WHIP or WHEP."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FakeWorker:
    """Change its values, then ask; what it was told stands in its lists."""

    order: Order
    asked: list[Asked] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    controls: asyncio.Queue[web.WebSocketResponse] = field(default_factory=asyncio.Queue)
    listeners: set[web.WebSocketResponse] = field(default_factory=set)
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuse: GenbaError | None = None
    resume: Resume | None = None  # told to whoever listens
    over: asyncio.Event = field(default_factory=asyncio.Event)
    stuck: asyncio.Event = field(default_factory=asyncio.Event)  # cleared: it answers nothing

    def __post_init__(self) -> None:
        self.stuck.set()
        order = self.order
        self.state = SessionState(
            session=order.session,
            epoch=order.epoch,
            name=order.name,
            group=order.group,
            started_at=order.started_at,
            width=order.view.width,
            height=order.view.height,
            layout=Layout(),
            slots=[Slot(n=n) for n in range(1, order.slots + 1)],
            recording=Recording(),
            publications=[],
            figures=Figures(),
        )

    async def tell(self, event: Event | None = None) -> None:
        """Tell every listener an event, or the newest state."""
        text = (event or StateChanged(state=self.state)).model_dump_json()
        for socket in tuple(self.listeners):
            await socket.send_str(text)

    async def end(self, reason: EndReason) -> None:
        """Say goodbye and go."""
        await self.tell(SessionEnded(reason=reason))
        for socket in tuple(self.listeners):
            await socket.close()
        self.over.set()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[web.middleware(_problems)])
        app.router.add_get("/order", self._order)
        app.router.add_get("/state", self._state)
        app.router.add_post("/command", self._command)
        app.router.add_get("/events", self._events)
        app.router.add_get("/control", self._control)
        app.router.add_get("/links/{id}", self._link)
        app.router.add_post("/whep/cameras/{camera}", self._post)
        for kind in ("whip", "whep"):
            app.router.add_post(f"/{kind}", self._post)
            app.router.add_options(f"/{kind}", self._options)
            app.router.add_patch(f"/{kind}/{{id}}", self._patch)
            app.router.add_delete(f"/{kind}/{{id}}", self._delete)
        app.router.add_get("/whep/picture", self._picture)
        app.router.add_route("*", "/whep/{id}/quality", self._quality)
        return app

    async def _quality(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.json_response({"wish": "auto", "quality": "standard", "shed": None})

    async def _picture(self, request: web.Request) -> web.Response:
        await self._note(request)
        headers = {"Cache-Control": "no-store"}
        return web.Response(body=b"jpeg", content_type="image/jpeg", headers=headers)

    async def _order(self, request: web.Request) -> web.Response:
        del request
        await self.stuck.wait()
        text = self.order.model_dump_json(exclude={"ticket_key", "plugin_settings"})
        return web.Response(text=text, content_type="application/json")

    async def _state(self, request: web.Request) -> web.Response:
        del request
        return web.Response(text=self.state.model_dump_json(), content_type="application/json")

    async def _command(self, request: web.Request) -> web.Response:
        command = await request.json()
        self.commands.append(command)
        if self.refuse is not None:
            return web.json_response({"ok": False, "data": {}, "error": self.refuse.body()})
        if command["do"] == "end":
            from genba.api import EndReason

            await self.end(EndReason.STOPPED)
        return web.json_response({"ok": True, "data": self.replies.get(command["do"], {})})

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.listeners.add(socket)
        await socket.send_str(StateChanged(state=self.state).model_dump_json())
        if self.resume is not None:
            await socket.send_str(ResumeChanged(resume=self.resume).model_dump_json())
        async for _ in socket:
            pass
        self.listeners.discard(socket)
        return socket

    async def _control(self, request: web.Request) -> web.WebSocketResponse:
        if self.refuse is not None:
            raise self.refuse
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self.controls.put(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self.heard.put(message.data)
                if json.loads(message.data).get("type") == "bye":
                    await socket.close()
        return socket

    async def _link(self, request: web.Request) -> web.Response:
        link = self.links.get(request.match_info["id"])
        if link is None:
            raise GenbaError("ticket.revoked")
        return web.json_response(link)

    async def _note(self, request: web.Request) -> None:
        body = await request.read()
        self.asked.append(Asked(request.method, request.path_qs, dict(request.headers), body))
        if self.refuse is not None:
            raise self.refuse

    async def _post(self, request: web.Request) -> web.Response:
        await self._note(request)
        answer = web.Response(status=201, text=ANSWER, content_type="application/sdp")
        answer.headers["Location"] = f"/{request.path.split('/')[1]}/peer-1"
        answer.headers["ETag"] = '"tag-1"'
        answer.headers["Accept-Patch"] = "application/trickle-ice-sdpfrag"
        answer.headers["X-Inside"] = "not for clients"
        for port in (1, 2):
            answer.headers.add("Link", f'<stun:127.0.0.1:{port}>; rel="ice-server"')
        return answer

    async def _options(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.Response(status=204, headers={"Link": '<turn:127.0.0.1:3478>; rel="ice-server"'})

    async def _patch(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.Response(status=204, headers={"ETag": '"tag-1"'})

    async def _delete(self, request: web.Request) -> web.Response:
        await self._note(request)
        return web.Response()


async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except GenbaError as error:
        return web.json_response(
            error.body(), status=error.status, content_type="application/problem+json"
        )

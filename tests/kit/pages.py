"""Genba's pages over made-up facts: what the pages' own tests look at.

The templates, static files and texts are the real ones. The API answers from plain values that a
test may change; WHIP and WHEP are answered by aiortc, so pictures really move.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jinja2
from aiohttp import WSMsgType, web

from genba.errors import GenbaError
from genba_web import ROOT
from tests.kit import pagepublishers as publishers
from tests.kit.pagefacts import invitation, joined, recordings, sessions, state, way
from tests.kit.pagertc import Rtc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


def _texts(language: str) -> dict[str, str]:
    """Read the texts of one language, with those of the made-up publishers."""
    texts: dict[str, str] = json.loads((ROOT / "locales" / f"{language}.json").read_text("utf-8"))
    return {**texts, **publishers.TEXTS[language]}


def block(value: object) -> str:
    """Return JSON that may stand in a <script> block."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


@dataclass
class Site:
    """The made-up server; change its values, then look at the page."""

    url: str = ""
    sessions: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=state)
    commands: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    watching: int = 0
    reason: str | None = None  # why the session has ended
    paused: list[dict[str, Any]] = field(default_factory=list)
    refuse: dict[str, GenbaError] = field(default_factory=dict)
    camera: dict[str, Any] = field(default_factory=dict)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    rtc: Rtc = field(default_factory=Rtc)

    def __post_init__(self) -> None:
        """Read templates and texts; this blocks."""
        self._jinja = jinja2.Environment(
            loader=jinja2.FileSystemLoader(ROOT / "templates"),
            autoescape=True,
            auto_reload=False,
            undefined=jinja2.StrictUndefined,
        )
        for name in self._jinja.list_templates():
            self._jinja.get_template(name)
        self._texts = {language: _texts(language) for language in ("ja", "en")}

    def render(self, page: str, request: web.Request, **facts: Any) -> web.Response:
        """Answer a page as the server does."""
        language = request.query.get("lang", "ja")
        texts = self._texts[language]
        html = self._jinja.get_template(f"{page}.html").render(
            lang=language,
            t=lambda key, **args: texts[key].format_map(args),
            page=page,
            version="0.1.0",
            catalogue_json=block(texts),
            boot_json=block({}),
            **facts,
        )
        theme = request.query.get("theme")
        if theme:
            html = html.replace("<html ", f'<html data-theme="{theme}" ', 1)
        return web.Response(text=html, content_type="text/html")

    async def tell(self) -> None:
        """Send the newest state to every page."""
        for socket in tuple(self.sockets):
            await socket.send_json(self.news(socket))

    def news(self, socket: web.WebSocketResponse) -> dict[str, Any]:
        """Return what a page hears: a desk the state, a camera its part."""
        if socket["ticket"] == "camera":
            return {"type": "camera", "session_name": "第2工場 ポンプ室", **self.camera}
        return {"type": "state", "state": self.state}

    async def end(self, reason: str = "session_ended") -> None:
        """End the session for every page."""
        for socket in tuple(self.sockets):
            await socket.send_json({"type": "ended", "reason": reason})
            await socket.close(code=4410)

    async def drop(self) -> None:
        """Break every socket, as a restart does."""
        for socket in tuple(self.sockets):
            await socket.close(code=1012)

    async def command(self, command: dict[str, Any]) -> dict[str, Any]:
        """Do what a desk asks for, as far as the pages can tell."""
        self.commands.append(command)
        now = datetime.now(UTC).isoformat()
        match command["do"]:
            case "layout":
                self.state["layout"] = {"kind": command["kind"], "focus": command["focus"]}
            case "record":
                self.state["recording"] = {"running": True, "id": "r", "since": now, "error": None}
            case "stop_recording":
                self.state["recording"] = {
                    "running": False,
                    "id": None,
                    "since": None,
                    "error": None,
                }
            case "still":
                return {"id": "still1", "width": 1280, "height": 720}
            case "publish":
                made = publishers.publication(command["kind"] or "teams")
                self.state["publications"].append(made)
                await self.tell()
                return made
            case "stop_publication":
                self.state["publications"] = [
                    p for p in self.state["publications"] if p["id"] != command["id"]
                ]
            case "rename":
                self.state["slots"][command["slot"] - 1]["name"] = command["name"]
        await self.tell()
        if command["do"] == "end":
            await self.end()
        return {}

    async def control(self, request: web.Request) -> web.WebSocketResponse:
        """Serve the WebSocket of a desk or a camera."""
        socket = web.WebSocketResponse(protocols=["genba.v1"])
        await socket.prepare(request)
        asked = request.headers["Sec-WebSocket-Protocol"]
        socket["ticket"] = asked.partition("ticket.")[2]
        self.sockets.add(socket)
        try:
            await socket.send_json(self.news(socket))
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._heard(socket, json.loads(message.data))
        finally:
            self.sockets.discard(socket)
        return socket

    async def _heard(self, socket: web.WebSocketResponse, said: dict[str, Any]) -> None:
        match said["type"]:
            case "watching":
                self.watching += 1
            case "paused":
                self.paused.append(said)
            case "command":
                what = said["command"]["do"]
                if what in self.refuse:
                    reply: dict[str, Any] = {"ok": False, "error": self.refuse[what].body()}
                else:
                    reply = {"ok": True, "data": await self.command(said["command"])}
                if not socket.closed:
                    await socket.send_json({"type": "reply", "re": said["re"], **reply})

    def app(self) -> web.Application:
        """Return the application."""

        @web.middleware
        async def dress(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            self.calls.append(f"{request.method} {request.path}")
            try:
                response = await handler(request)
            except GenbaError as error:
                response = web.json_response(
                    error.body(), status=error.status, content_type="application/problem+json"
                )
            if not response.prepared:
                response.headers["Content-Security-Policy"] = CSP
            return response

        app = web.Application(middlewares=[dress])
        app.router.add_static("/static", ROOT / "static")
        self._pages(app.router)
        self._api(app.router)
        app.router.add_get("/control", self.control)
        self.rtc.add(app.router)
        app.on_shutdown.append(self._shutdown)
        return app

    async def _shutdown(self, _: web.Application) -> None:
        for socket in tuple(self.sockets):
            await socket.close(code=1012)
        await self.rtc.close()

    def _pages(self, router: web.UrlDispatcher) -> None:
        async def home(request: web.Request) -> web.Response:
            return self.render("home", request, sessions=self.sessions)

        async def console(request: web.Request) -> web.Response:
            name = self.state["name"]
            return self.render("console", request, session={"id": "s1", "name": name})

        async def camera(request: web.Request) -> web.Response:
            return self.render("camera", request)

        async def listing(request: web.Request) -> web.Response:
            return self.render("recordings", request, recordings=self.recordings)

        async def file(_: web.Request) -> web.Response:
            return web.Response(content_type="video/mp4")

        async def recording(request: web.Request) -> web.Response:
            wanted = request.match_info["id"]
            found = next(r for r in self.recordings if r["id"] == wanted)
            return self.render("recording", request, recording=found)

        async def error(request: web.Request) -> web.Response:
            code = request.match_info["code"]
            texts = self._texts[request.query.get("lang", "ja")]
            problem = GenbaError(code).problem
            return self.render(
                "error",
                request,
                code=code,
                status=problem.status,
                request_id="q7Xw2mK9",
                title=texts[f"error.{code}.title"],
                advice=texts[f"error.{code}.advice"],
            )

        async def signin(request: web.Request) -> web.Response:
            return self.render("signin", request)

        router.add_get("/", home)
        router.add_get("/s/{id}", console)
        router.add_get("/j", camera)
        router.add_get("/j/{code}", camera)
        router.add_get("/recordings", listing)
        router.add_get("/recordings/{id}", recording)
        router.add_get("/error/{code}", error)
        router.add_get("/signin", signin)

    def _api(self, router: web.UrlDispatcher) -> None:
        def answer(
            key: str, make: Callable[[web.Request], object], status: int = 200
        ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
            async def handler(request: web.Request) -> web.StreamResponse:
                if key in self.refuse:
                    raise self.refuse[key]
                return web.json_response(make(request), status=status)

            return handler

        async def invitations(request: web.Request) -> web.StreamResponse:
            body = await request.json()
            return web.json_response(invitation(self.url, body["slot"]), status=201)

        async def file(_: web.Request) -> web.StreamResponse:
            return web.FileResponse(ROOT / "static" / "img" / "empty.svg")

        async def erase(request: web.Request) -> web.StreamResponse:
            wanted = request.match_info["id"]
            self.recordings = [r for r in self.recordings if r["id"] != wanted]
            return web.Response(status=204)

        api, session = "/api/v1", "/api/v1/sessions/s1"
        router.add_post(f"{api}/sessions", answer("open", lambda _: {"id": "s1"}, 201))
        router.add_get(session, answer("session", lambda _: {"id": "s1", "reason": self.reason}))
        router.add_post(f"{session}/ticket", answer("ticket", lambda _: way("desk")))
        router.add_get(f"{session}/invitations", answer("invitations", lambda _: []))
        router.add_post(f"{session}/invitations", invitations)
        router.add_get(f"{session}/stills", answer("stills", lambda _: []))
        router.add_get(f"{api}/publishers", answer("publishers", lambda _: publishers.LIST))
        router.add_post(f"{api}/join", answer("join", lambda _: joined()))
        router.add_get(f"{api}/stills/{{id}}/file", file)
        router.add_get("/plugins/{name}/static/{file}", file)
        router.add_delete(f"{api}/recordings/{{id}}", erase)
        router.add_get(f"{api}/recordings/{{id}}/file", file)


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """Serve the pages on a free port of 127.0.0.1."""
    made = await asyncio.to_thread(Site, sessions=sessions(), recordings=recordings())
    runner = web.AppRunner(made.app(), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await asyncio.wait_for(runner.cleanup(), 10)

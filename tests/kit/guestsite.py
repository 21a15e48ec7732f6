"""The guest's pages over made-up facts: real templates, files, texts and handlers of the plugin.

WHEP is answered by aiortc, so pictures really move; the control messages are what a test says.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from aiohttp import WSMsgType, web

import genba_browser
from genba.api import PAGES
from genba.errors import GenbaError
from genba.server.http.pages import script_json
from genba.server.http.texts import Texts
from genba_browser import guest
from genba_web import ROOT
from tests.kit.pagertc import Rtc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

TICKET = "eyJhbGciOiJIUzI1NiJ9.made-up.ticket"
TITLE = "第2工場 ポンプ室"
PLUGIN = Path(genba_browser.__file__).parent
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' {sockets}; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def camera(n: int, name: str, state: str = "live") -> dict[str, Any]:
    """Return one camera as a guest hears of it."""
    return {"n": n, "name": name, "state": state}


def three() -> list[dict[str, Any]]:
    """Return three cameras and an empty slot."""
    return [
        camera(1, "ポンプ室 入口"),
        camera(2, "制御盤"),
        camera(3, "", "lost"),
        camera(4, "", "empty"),
    ]


@dataclass
class GuestSite:
    """Implements ``genba.api.Pages``; a test changes its facts and tells the pages."""

    url: str = ""
    cameras: list[dict[str, Any]] = field(default_factory=three)
    recording: bool = False
    refuse: GenbaError | None = None  # what all answer
    refuse_media: GenbaError | None = None  # what WHEP alone answers
    silent: bool = False  # WHEP keeps its answer
    watching: int = 0
    tickets: list[str] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    rtc: Rtc = field(default_factory=Rtc)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Read texts and templates."""
        self._texts = Texts()
        self._texts.load(ROOT / "locales")
        self._texts.load(PLUGIN / "locales", "browser.")
        self._jinja = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [
                    jinja2.FileSystemLoader(ROOT / "templates"),
                    jinja2.PrefixLoader({"browser": jinja2.FileSystemLoader(PLUGIN / "templates")}),
                ]
            ),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            auto_reload=False,
        )
        for name in ("guest", "clean", "window"):
            self._jinja.get_template(f"browser/{name}.html")
        for name in ("base", "icon", "quality"):
            self._jinja.get_template(f"{name}.html")

    @property
    def page(self) -> str:
        """The guest's address."""
        return f"{self.url}/v/{TICKET}"

    def render(
        self,
        request: web.Request,
        template: str,
        context: Mapping[str, object] | None = None,
        *,
        status: int = 200,
    ) -> web.Response:
        """Render as the server does."""
        lang = request.query.get("lang", "ja")
        facts = dict(context or {})
        html = self._jinja.get_template(template).render(
            {
                "lang": lang,
                "t": lambda key, **values: self._texts.get(lang, key, **values),
                "page": Path(template).stem,
                "version": "0.1.0",
                "catalogue_json": script_json(self._texts.catalogue(lang)),
                "boot_json": script_json(facts.pop("boot", {})),
                **facts,
            }
        )
        return web.Response(text=html, status=status, content_type="text/html")

    async def guest(
        self,
        request: web.Request,  # noqa: ARG002 (the protocol's name)
        ticket: str,
    ) -> Mapping[str, object]:
        """Know the one ticket."""
        if self.refuse is not None or ticket != TICKET:
            raise self.refuse or GenbaError("ticket.invalid")
        return {
            "session": "s1",
            "title": TITLE,
            "expires": datetime.now(UTC) + timedelta(hours=1),
            "id": "link7",
            "purpose": "browser",
            "ice_servers": [],
        }

    def news(self) -> dict[str, Any]:
        """Return what a guest hears."""
        return {
            "type": "view",
            "name": TITLE,
            "recording": self.recording,
            "layout": {"kind": "grid", "focus": 1},
            "cameras": self.cameras,
        }

    async def tell(self) -> None:
        """Send the newest facts to every page."""
        for socket in tuple(self.sockets):
            await socket.send_json(self.news())

    async def end(self, reason: str, code: str) -> None:
        """End the link for every page; WHEP answers ``code`` from now on."""
        self.refuse = GenbaError(code)
        for socket in tuple(self.sockets):
            await socket.send_json({"type": "ended", "reason": reason})
            await socket.close(code=4410)
        await self.cut()

    async def cut(self) -> None:
        """Break every media link and socket, as a restart does."""
        for socket in tuple(self.sockets):
            await socket.close(code=1012)
        await self.rtc.close()

    async def _media(self) -> None:
        problem = self.refuse or self.refuse_media
        if problem is not None:
            raise problem
        if self.silent:
            await self.over.wait()

    async def _control(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=["genba.v1"])
        await socket.prepare(request)
        self.tickets.append(request.headers["Sec-WebSocket-Protocol"].partition("ticket.")[2])
        self.sockets.add(socket)
        try:
            await socket.send_json(self.news())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.watching += json.loads(message.data)["type"] == "watching"
        finally:
            self.sockets.discard(socket)
        return socket

    def app(self) -> web.Application:
        """Return the application."""

        @web.middleware
        async def dress(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            try:
                if request.path == "/whep":
                    await self._media()
                response = await handler(request)
            except GenbaError as error:
                response = web.json_response(
                    error.body(), status=error.status, content_type="application/problem+json"
                )
            if not response.prepared:
                sockets = self.url.replace("http", "ws")
                response.headers["Content-Security-Policy"] = CSP.format(sockets=sockets)
            return response

        app = web.Application(middlewares=[dress])
        app[PAGES] = self
        app.router.add_static("/static", ROOT / "static")
        app.router.add_static("/plugins/browser/static", PLUGIN / "static")
        for route in guest.routes():
            assert isinstance(route, web.RouteDef)
            own = "" if route.path.startswith("/v/") else "/plugins/browser"
            app.router.add_route(route.method, own + route.path, route.handler)
        app.router.add_get("/control", self._control)
        self.rtc.add(app.router)
        app.on_shutdown.append(self._shutdown)
        return app

    async def _shutdown(self, _: web.Application) -> None:
        self.over.set()
        await self.cut()


@asynccontextmanager
async def guest_site() -> AsyncIterator[GuestSite]:
    """Serve the pages on a free port of 127.0.0.1."""
    made = await asyncio.to_thread(GuestSite)
    runner = web.AppRunner(made.app(), shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield made
    finally:
        await runner.cleanup()

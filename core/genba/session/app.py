"""The worker: an aiohttp application on a Unix socket that serves one session."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError
from structlog.contextvars import bind_contextvars, clear_contextvars

from genba.api import EndReason
from genba.clock import Clock, SystemClock
from genba.errors import GenbaError
from genba.plugins import Plugins
from genba.session import commands, control, viewing, whep, whip
from genba.session.keys import FACTS, SESSION
from genba.session.session import Session
from genba.wire.order import Order

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from genba.api import Publisher

log = logging.getLogger(__name__)
ORDER_LIMIT = 256 * 1024


class Worker:
    """What the routes share: the session, once there is an order; and when all is over."""

    def __init__(self, clock: Clock) -> None:
        """Begin as a spare."""
        self._clock = clock
        self._session: Session | None = None
        self._running: asyncio.Task[None] | None = None
        self._taken = False
        self._closing: EndReason | None = None
        self.over = asyncio.Event()

    def session(self) -> Session:
        """Return the session; raises ``session.ended`` before an order and after the end."""
        if self._session is None:
            raise GenbaError("session.ended")
        return self._session

    async def take(self, order: Order) -> None:
        """Open the session; raises when a part of it cannot start."""
        if self._taken or self._closing is not None:
            raise GenbaError("request.invalid", "This worker takes no order.")
        self._taken = True
        publishers = await asyncio.to_thread(_publishers, order)
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._running = asyncio.create_task(
            self._run(Session(order, publishers, self._clock), opened), name="session"
        )
        await opened

    async def _run(self, session: Session, opened: asyncio.Future[None]) -> None:
        try:
            async with session:
                self._session = session
                opened.set_result(None)
                if self._closing is not None:  # told so while the session opened
                    session.end(self._closing)
                await session.ended.wait()
                self._session = None
        except Exception as error:
            if opened.done():
                log.exception("the session broke")
            else:
                opened.set_exception(error)
        finally:
            self._session = None
            self.over.set()

    async def close(self, reason: EndReason = EndReason.SHUTDOWN) -> None:
        """End the session, if there is one, and wait for it."""
        self._closing = self._closing or reason
        if self._session is not None:
            self._session.end(reason)
        if self._running is not None:
            await self._running
        self.over.set()


def _publishers(order: Order) -> dict[str, Publisher]:
    """Load the plugins, which reads the disk, and ask them."""
    plugins = Plugins()
    plugins.load(order.plugins_off)
    return plugins.publishers(order.settings_of)


async def _problems(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    clear_contextvars()  # requests of one connection share their task's context
    if number := request.headers.get("X-Request-Id"):
        bind_contextvars(request=number)
    try:
        return await handler(request)
    except GenbaError as error:
        return _problem(error)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return _problem(GenbaError("server.failed"))


def _problem(error: GenbaError) -> web.Response:
    return web.json_response(
        error.body(), status=error.status, content_type="application/problem+json"
    )


WORKER: web.AppKey[Worker] = web.AppKey("genba.worker", Worker)


async def post_order(request: web.Request) -> web.Response:
    """Open the session that the body orders."""
    try:
        order = Order.model_validate_json(await request.read())
    except ValidationError as error:
        fields = [".".join(map(str, e["loc"])) for e in error.errors(include_input=False)]
        raise GenbaError("request.invalid", f"order: {', '.join(fields)}") from None
    if (facts := request.app.get(FACTS)) is not None:
        facts.know(session=order.session, epoch=order.epoch)
    await request.app[WORKER].take(order)
    return web.Response(status=201)


async def get_order(request: web.Request) -> web.Response:
    """Return the order without its secrets."""
    order = request.app[SESSION]().order
    return _json(order.model_dump_json(exclude={"ticket_key", "plugin_settings"}))


async def get_state(request: web.Request) -> web.Response:
    """Return what is true now."""
    return _json(request.app[SESSION]().state().model_dump_json())


async def post_command(request: web.Request) -> web.Response:
    """Carry a command out; a command that fails is a reply too, not an HTTP error."""
    session = request.app[SESSION]()
    reply = await commands.run(session, commands.parse(await request.read()))
    return _json(reply.model_dump_json())


async def get_events(request: web.Request) -> web.WebSocketResponse:
    """Tell the web process what happens, until the session ends or the listener leaves."""
    session = request.app[SESSION]()
    socket = web.WebSocketResponse(heartbeat=20)
    await socket.prepare(request)
    telling = asyncio.create_task(_tell(session, socket), name="events:tell")
    try:
        async for message in socket:  # reading is what notices a goodbye
            log.debug("a listener to events spoke: %s", message.type)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return socket


async def _tell(session: Session, socket: web.WebSocketResponse) -> None:
    try:
        async with aclosing(session.events.listen()) as events:
            async for event in events:
                await socket.send_str(event.model_dump_json())
    except ConnectionError as error:
        log.info("a listener to events left: %r", error)
    except Exception:
        log.exception("a listener to events is cut off")
    await socket.close()


async def get_link(request: web.Request) -> web.Response:
    """Say what a guest may know; 410 when the link is revoked, expired or unknown."""
    session = request.app[SESSION]()
    link = session.links.get(request.match_info["id"])
    return web.json_response(
        {
            "title": session.order.name,
            "expires": link.expires.isoformat(),
            "purpose": link.purpose,
            "viewers": link.viewers,
        }
    )


def _json(text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


async def _lifetime(app: web.Application) -> AsyncIterator[None]:
    yield
    await app[WORKER].close()


def make_app(worker: Worker) -> web.Application:
    """Return the application; its cleanup ends the session."""
    app = web.Application(middlewares=[web.middleware(_problems)], client_max_size=ORDER_LIMIT)
    app[WORKER] = worker
    app[SESSION] = worker.session
    app.router.add_post("/order", post_order)
    app.router.add_get("/order", get_order)
    app.router.add_get("/state", get_state)
    app.router.add_post("/command", post_command)
    app.router.add_get("/events", get_events)
    app.router.add_get("/links/{id}", get_link)
    for routes in (whip, whep, viewing, control):
        routes.add(app)
    app.cleanup_ctx.append(_lifetime)
    return app


def new_worker() -> Worker:
    """Return a spare on the machine's clock."""
    return Worker(SystemClock())

"""The composition root of the web process: what is made, in which order, and who ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web

import genba_web
from genba import reach, turn
from genba.api import PAGES
from genba.server.desk import addresses
from genba.server.desk.desk import Desk
from genba.server.desk.invitations import Invitations
from genba.server.desk.jobs import Jobs
from genba.server.desk.orders import Orders, ice_servers
from genba.server.desk.relay import Relay
from genba.server.desk.teller import Teller
from genba.server.desk.throttle import TESTS_FOR_ALL, TESTS_PER_ADDRESS, Throttle
from genba.server.desk.tickets import Tickets
from genba.server.desk.trials import Trials
from genba.server.http import control, forward, headers, health, metrics, mounts, pace, site, trials
from genba.server.http.api import table
from genba.server.http.guard import guard
from genba.server.http.keys import SERVICES, Services
from genba.server.http.origin import Origins
from genba.server.http.pages import RENDERER, Renderer
from genba.server.http.problems import problems
from genba.server.http.route import TABLE, Route, Table, add
from genba.server.http.static import StaticFolder
from genba.server.http.texts import Texts
from genba.server.http.trace import trace
from genba.server.identity import keys, once
from genba.server.identity.permissions import Action
from genba.server.identity.signins import SignIns
from genba.server.storage import address
from genba.server.storage.media import MediaStore
from genba.server.storage.reports import Reports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from genba.clock import Clock
    from genba.placement import Placement
    from genba.plugins import Plugins
    from genba.settings import Settings

log = logging.getLogger(__name__)
BODY_LIMIT = 64 * 1024  # bytes of any request
FAREWELL = 3.0  # seconds that requests under way get at the end


@dataclass(frozen=True, slots=True)
class Started:
    """Where the web process listens. ``url`` signs in, once, within thirty minutes."""

    url: str
    api: str
    port: int


class CannotServeError(RuntimeError):
    """The server cannot listen as the settings say; the message names the setting."""


def make_app(
    settings: Settings,
    placement: Placement,
    clock: Clock,
    plugins: Plugins,
    *,
    base_url: str,
    key: bytes,
) -> web.Application:
    """Return the application; it starts nothing before it is run.

    ``placement`` is entered by the caller and outlives the application. ``base_url`` is the
    address that people use, without a slash at the end; ``key`` signs tickets.
    """
    media = MediaStore(settings.data.dir)
    teller = Teller()
    relay = Relay(clock)
    desk = Desk(settings, placement, clock, plugins, teller=teller, media=media)
    house = Services(
        settings=settings,
        clock=clock,
        placement=placement,
        plugins=plugins,
        desk=desk,
        doors=desk.doors,
        invitations=Invitations(settings, clock, lambda session: not desk.ended(session)),
        throttle=Throttle(),
        test_throttle=Throttle(TESTS_PER_ADDRESS, TESTS_FOR_ALL),
        trials=Trials(placement, desk.doors, clock, lambda: desk.orders, (*plugins.modules,)),
        reports=Reports(settings.data.dir),
        tickets=Tickets(
            key, clock, settings.server.language, ice_servers(settings.rtc.ice_servers), relay
        ),
        media=media,
        signins=SignIns(settings.data.dir, clock),
        origins=Origins(base_url),
        base_url=base_url,
    )
    app = web.Application(middlewares=[trace, problems, guard], client_max_size=BODY_LIMIT)
    app[SERVICES] = house
    app[TABLE] = Table()
    app[metrics.METRICS] = metrics.Metrics(desk)
    app[control.SOCKETS] = set()
    pace.add(app)
    renderer = Renderer(mounts.folders(plugins), Texts())
    app[RENDERER] = renderer
    app[PAGES] = renderer
    static = StaticFolder(genba_web.ROOT / "static")
    plugin_static = mounts.static_folders(plugins)
    _add_routes(app, static, plugin_static)

    async def files(app: web.Application) -> AsyncIterator[None]:
        app[TABLE].check(app)
        plugins.broken.update(await renderer.load())
        await asyncio.gather(*(folder.load() for folder in (static, *plugin_static.values())))
        yield

    async def lifetimes(app: web.Application) -> AsyncIterator[None]:
        house = app[SERVICES]
        data = await asyncio.to_thread(settings.data.dir.absolute)
        house.signin_key = await asyncio.to_thread(keys.key, data, "signin")
        house.api_token = await asyncio.to_thread(keys.api_token, data)
        listens = await asyncio.to_thread(addresses.listening, settings.server.host)
        public = await asyncio.to_thread(reach.public, settings.rtc.public_address)
        desk.orders = Orders(settings, data, base_url, key, listens, public)
        await relay.open(settings, data)
        await house.signins.open()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(house.throttle)
            await stack.enter_async_context(house.test_throttle)
            await stack.enter_async_context(teller)
            await stack.enter_async_context(desk)
            await stack.enter_async_context(house.trials)
            await house.invitations.open()
            await stack.enter_async_context(Jobs(plugins.jobs(settings.of_plugin)))
            yield

    app.on_response_prepare.append(headers.on_prepare)
    app.on_response_prepare.append(forward.cors)
    app.on_shutdown.append(control.close_all)
    app.cleanup_ctx.append(files)
    app.cleanup_ctx.append(lifetimes)
    return app


def _add_routes(
    app: web.Application, static: StaticFolder, plugin_static: dict[str, StaticFolder]
) -> None:
    house = app[SERVICES]

    async def favicon(request: web.Request) -> web.StreamResponse:
        del request
        return static.response("img/favicon.svg")

    rows: Iterable[Route] = (
        *site.routes(),
        *trials.routes(),
        *table.routes(),
        *forward.routes(),
        *control.routes(),
        *health.routes(),
        *metrics.routes(),
        static.route("/static"),
        Route("GET", "/favicon.ico", Action.STATIC, favicon),
        *(folder.route(f"/plugins/{name}/static") for name, folder in plugin_static.items()),
        *mounts.routes(house.plugins, house.settings),
    )
    add(app, rows)


async def serve(
    settings: Settings,
    placement: Placement,
    clock: Clock,
    plugins: Plugins,
    *,
    started: Callable[[Started], None],
    stop: asyncio.Event,
) -> None:
    """Serve until ``stop`` is set; ``started`` is called once requests are answered.

    Raises CannotServeError for an address, a certificate or a key file that does not do.
    """
    rtc = settings.rtc
    try:
        await asyncio.to_thread(reach.check, rtc.addresses, rtc.udp_ports, rtc.public_address)
        await asyncio.to_thread(turn.plan, settings)
    except (reach.ReachError, turn.TurnError) as error:
        raise CannotServeError(str(error)) from error
    tls = await asyncio.to_thread(tls_context, settings)
    listening = await asyncio.to_thread(_listening, settings)
    with listening:
        port = int(listening.getsockname()[1])
        base_url = await asyncio.to_thread(public_url, settings, port)
        here = address.Address(supervisor=os.getppid(), port=port, url=base_url)
        try:
            key = await asyncio.to_thread(keys.key, settings.data.dir, "ticket")
            await asyncio.to_thread(address.write, settings.data.dir, here)
        except (keys.KeyFileError, OSError) as error:
            raise CannotServeError(f"data.dir: {error}") from error
        app = make_app(settings, placement, clock, plugins, base_url=base_url, key=key)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=FAREWELL)
        await runner.setup()
        try:
            await web.SockSite(runner, listening, ssl_context=tls).start()
            ticket = once.mint(app[SERVICES].signin_key, clock.now())
            started(Started(f"{base_url}/enter/{ticket}", f"{base_url}{site.API}", port))
            await stop.wait()
        finally:
            await runner.cleanup()


def public_url(settings: Settings, port: int) -> str:
    """Return the address that people use, without a slash at the end. Blocking.

    ``port`` 0 means the one that a server on the same data folder took last.
    """
    server = settings.server
    if server.public_url:
        return server.public_url.rstrip("/")
    if not port and (last := address.read(settings.data.dir)) is not None:
        return last.url
    host = server.host
    if addresses.is_wildcard(host):
        host = addresses.of_host(host)[0]
    scheme = "https" if server.certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return the context for HTTPS, or None without a certificate. Blocking."""
    server = settings.server
    if not server.certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(server.certificate, server.certificate_key or None)
    except (OSError, ssl.SSLError) as error:
        raise CannotServeError(f"server.certificate: {error}") from error
    return context


def _listening(settings: Settings) -> socket.socket:
    """Bind as the settings say; a web process that was started again takes its old free port."""
    host, port = settings.server.host, settings.server.port
    last = address.read(settings.data.dir) if not port else None
    if last is not None and last.supervisor == os.getppid():
        try:
            return _bind(host, last.port)
        except CannotServeError:
            log.warning("port %d is taken now: pages have to be opened anew", last.port)
    return _bind(host, port)


def _bind(host: str, port: int) -> socket.socket:
    """Return a bound socket; it does not listen yet, so nobody waits while we start."""
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, where = found[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise CannotServeError(f"server.host {host}: {error}") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
    except OSError as error:
        listening.close()
        raise CannotServeError(f"server.port {port}: {error}") from error
    listening.setblocking(False)
    return listening

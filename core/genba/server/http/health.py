"""What load balancers and watchers ask: whether it is alive, whether it is well."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from genba.api import Finding, Grade
from genba.server.http.keys import ACTOR, services
from genba.server.http.route import Route
from genba.server.identity.actor import ActorKind
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from genba.api import Check
    from genba.placement import Placement
    from genba.server.http.keys import Services

PATIENCE = 5.0  # seconds that the placement gets to answer
CHECK_PATIENCE = 10.0  # and one plugin's check


async def healthz(request: web.Request) -> web.Response:
    """Say that the web process runs."""
    del request
    return web.json_response({"alive": True})


async def readyz(request: web.Request) -> web.Response:
    """Say whether sessions can be opened, and which plugins are off.

    Everybody learns names; why a plugin is off, and what its checks find, only who is signed in.
    """
    house = services(request)
    placed = await _placement(house.placement)
    plugins = dict.fromkeys(house.plugins.modules, "ok")
    person = request[ACTOR].kind is ActorKind.OPERATOR
    for name, reason in house.plugins.broken.items():
        plugins[name] = f"broken: {reason}" if person else "broken"
    body: dict[str, object] = {"ready": placed, "placement": "ok" if placed else "down"}
    body["plugins"] = plugins
    body["turn"] = await _turn(house, person=person)
    if person:
        asked = house.plugins.checks(house.settings.of_plugin)
        body["checks"] = {
            f"{plugin}.{check.name}": await _find(check)
            for plugin, checks in asked.items()
            for check in checks
        }
    return web.json_response(body, status=200 if placed else 503)


async def _placement(placement: Placement) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await placement.running()
    except (OSError, TimeoutError):
        return False
    return True


async def _turn(house: Services, *, person: bool) -> dict[str, object]:
    """Say how the TURN server does; calls go on without it, so it makes nothing unready."""
    relay = house.tickets.relay
    if relay is None or relay.off:
        return {"state": "off", "why": relay.off if relay is not None else "set"}
    try:
        async with asyncio.timeout(PATIENCE):
            found = await house.placement.turn()
    except (OSError, TimeoutError):
        found = None
    if found is None:
        return {"state": "unknown"}
    return found if person else {"state": found["state"]}


async def _find(check: Check) -> dict[str, str]:
    try:
        async with asyncio.timeout(CHECK_PATIENCE):
            finding = await check.run()
    except Exception as error:  # noqa: BLE001 (a plugin may raise anything; it is shown)
        finding = Finding(Grade.BAD, f"{type(error).__name__}: {error}")
    return {"grade": finding.grade.value, "what": finding.what, "cure": finding.cure}


def routes() -> list[Route]:
    """Return the rows."""
    return [
        Route("GET", "/healthz", Action.HEALTH, healthz),
        Route("GET", "/readyz", Action.HEALTH, readyz),
    ]

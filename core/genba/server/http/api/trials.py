"""Tests of the connection: begun by anybody, read by whoever is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.http.api import models as m
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.keys import ACTOR, services
from genba.server.http.who import address
from genba.server.identity.actor import ActorKind
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from aiohttp import web

    from genba.wire.report import Report


async def begin(request: web.Request, body: m.NewTest) -> m.BegunTest:
    """Begin a test; TURN's credentials go to the invited and the signed-in alone."""
    house = services(request)
    await house.test_throttle.take(address(request))
    invited = request[ACTOR].kind is ActorKind.OPERATOR
    if body.code and not invited:
        await house.throttle.take(address(request))
        house.invitations.check(body.code)
        invited = True
    trial = await house.trials.begin()
    servers = house.tickets.servers(trial.code) if invited else ()
    base = house.origins.seen_from(request)
    return m.BegunTest(
        code=trial.code,
        ticket=trial.ticket,
        expires=trial.expires,
        whip=f"{base}/whip",
        ice_servers=list(servers),
        relay="none" if not house.tickets.has_servers else "offered" if invited else "invited",
        udp_ports=house.settings.rtc.udp_ports,
    )


async def list_all(request: web.Request) -> m.Reports:
    """List the newest reports."""
    return m.Reports(reports=[_view(one) for one in await services(request).reports.all()])


async def get(request: web.Request) -> m.ReportView:
    """Return one report by its code, as somebody may have read it out."""
    code = request.match_info["test"].upper().replace("-", "")
    for one in await services(request).reports.all():
        if one.code == code:
            return _view(one)
    raise GenbaError("not_found")


def _view(one: Report) -> m.ReportView:
    return m.ReportView(**one.model_dump(), verdict=one.verdict)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/tests",
        Action.TEST_OPEN,
        "Begin a test of the connection; six a minute",
        begin,
        body=m.NewTest,
        answer=m.BegunTest,
        status=201,
        errors=("invitation.unknown", "rate.limited", "server.busy", "rtc.no_port"),
        public=True,
    ),
    Endpoint(
        "GET", "/tests", Action.TEST_READ, "List the reports of tests", list_all, answer=m.Reports
    ),
    Endpoint(
        "GET",
        "/tests/{test}",
        Action.TEST_READ,
        "Read a test's report",
        get,
        answer=m.ReportView,
    ),
)

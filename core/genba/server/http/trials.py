"""Tests of the connection: the page, what it asks while it runs, and the report."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import TYPE_CHECKING

from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError

from genba.errors import GenbaError
from genba.server.http import language
from genba.server.http.bucket import Bucket
from genba.server.http.keys import ACTOR, services
from genba.server.http.pages import RENDERER
from genba.server.http.route import Route
from genba.server.http.shown import moment
from genba.server.http.who import address, bearer_text, ticket_bearer
from genba.server.identity.actor import ActorKind
from genba.server.identity.permissions import Action, Thing, allows
from genba.wire.report import Findings, Report
from genba.wire.state import CameraState

if TYPE_CHECKING:
    from genba.server.http.keys import Services
    from genba.wire.state import Slot

PROTOCOL = "genba.test.v1"
ECHO_LIMIT = 256  # bytes of a message
ECHO_LIFE = 30.0  # seconds that an echo socket may stay
REPORT_LIMIT = 8 * 1024
SHOWN = 20  # reports on the page of somebody who is signed in
INVALID, TOO_MANY = 4401, 4429


async def page(request: web.Request) -> web.Response:
    """Show the test; to whoever is signed in the newest reports as well."""
    house = services(request)
    lang = language.of(request)
    reports: list[dict[str, object]] = []
    signed_in = request[ACTOR].kind is ActorKind.OPERATOR
    if signed_in:
        reports = [_row(one, lang) for one in (await house.reports.all())[:SHOWN]]
    boot = {"relay": house.tickets.has_servers, "signed_in": signed_in}
    context = {"reports": reports, "signed_in": signed_in, "boot": boot}
    return request.app[RENDERER].render(request, "test.html", context)


async def seen(request: web.Request) -> web.Response:
    """Say what the server sees of the test's pictures."""
    return web.json_response(_facts(await services(request).trials.seen(request[ACTOR].id)))


async def report(request: web.Request) -> web.Response:
    """Keep what a test has found; a later one of the same test takes its place."""
    house = services(request)
    code = request[ACTOR].id
    if not house.trials.may_report(code):
        raise GenbaError("ticket.expired")
    if request.content_type != "application/json":
        raise GenbaError("request.type", "Send application/json.")
    if (request.content_length or 0) > REPORT_LIMIT:
        raise GenbaError("request.too_large")
    try:
        findings = Findings.model_validate_json(await request.read())
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise GenbaError("request.invalid", f"{where} is not understood.") from None
    made = Report(
        code=code,
        at=house.clock.now(),
        findings=findings,
        heard=await _heard(house, code, findings),
        inside=_is_private(address(request)),
        public=bool(house.settings.rtc.public_address),
    )
    await house.reports.put(made)
    await house.trials.end(code)
    return web.json_response({"code": code, "verdict": made.verdict})


async def echo(request: web.Request) -> web.StreamResponse:
    """Say back what the page says, so that it knows that WebSockets get through, and how fast."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    words = (word.strip() for word in offered)
    text = next((w.removeprefix("ticket.") for w in words if w.startswith("ticket.")), "")
    text = text or bearer_text(request)
    if not text:
        raise GenbaError("ticket.invalid", "Offer genba.test.v1 and ticket.<ticket>.")
    socket = web.WebSocketResponse(max_msg_size=ECHO_LIMIT, protocols=(PROTOCOL,))
    if not socket.can_prepare(request).ok:
        raise GenbaError("request.invalid", "This is a WebSocket.")
    await socket.prepare(request)
    await socket.close(code=await _echo(request, socket, text))
    return socket


async def _echo(request: web.Request, socket: web.WebSocketResponse, text: str) -> int:
    """Return the code to close with."""
    try:
        actor = ticket_bearer(request, text)
    except GenbaError:
        return INVALID
    if not allows(actor, Action.TEST_USE, Thing(session=actor.session)):
        return INVALID
    bucket = Bucket(rate=10, burst=20)
    try:
        async with asyncio.timeout(ECHO_LIFE):
            async for message in socket:
                if message.type is not WSMsgType.TEXT or not bucket.take():
                    return TOO_MANY
                await socket.send_str(message.data)
    except (TimeoutError, ConnectionError):
        return int(WSCloseCode.GOING_AWAY)
    return int(WSCloseCode.OK)


def _facts(slot: Slot) -> dict[str, object]:
    return {
        "heard": slot.heard,
        "live": slot.state is CameraState.LIVE,
        "kbps": slot.kbps,
        "loss": slot.loss,
        "rtt_ms": slot.rtt_ms,
        "codec": slot.codec,
    }


async def _heard(house: Services, code: str, findings: Findings) -> bool:
    """Say whether the phone's checks came through; pictures prove it where the link is gone."""
    direct = next((one for one in findings.steps if one.name == "udp"), None)
    if direct is not None and (direct.state in ("ok", "slow") or direct.why == "one_way"):
        return True
    try:
        return direct is not None and (await house.trials.seen(code)).heard
    except GenbaError:
        return False


def _is_private(text: str) -> bool:
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_private
    except ValueError:
        return False


def _row(one: Report, lang: str) -> dict[str, object]:
    browser = one.findings.browser
    return {
        "code": one.code,
        "at": moment(one.at, lang),
        "verdict": one.verdict,
        "browser": " ".join(word for word in (browser.name, browser.version) if word),
        "system": browser.system,
        "steps": [step.model_dump() for step in one.findings.steps if step.why],
        "json": json.dumps(one.model_dump(mode="json"), ensure_ascii=False),
    }


def routes() -> list[Route]:
    """Return the rows."""
    return [
        Route("GET", "/test", Action.TEST_PAGE, page),
        Route("GET", "/test/seen", Action.TEST_USE, seen, by="ticket", head=False),
        Route("POST", "/test/report", Action.TEST_USE, report, by="ticket"),
        Route("GET", "/test/socket", Action.TEST_USE, echo, by="control", head=False),
    ]

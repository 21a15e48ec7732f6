"""The control WebSocket: a page on one side, its session on the other, every message checked."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web

from genba.errors import GenbaError
from genba.server.http.bucket import Bucket
from genba.server.http.keys import services
from genba.server.http.pace import PACE
from genba.server.http.route import Route
from genba.server.http.who import address, bearer_text, ticket_bearer
from genba.server.identity.permissions import Action, Thing, allows

if TYPE_CHECKING:
    from genba.server.identity.actor import Actor

log = logging.getLogger(__name__)
PROTOCOL = "genba.v1"
MESSAGE_LIMIT = 64 * 1024  # bytes of a page's message
STATE_LIMIT = 1 << 20  # bytes of a session's message
MOST = 2000  # connections of this process
PATIENCE = 10.0  # seconds that one send may take
HEARTBEAT = 20.0
BAD, INVALID, FORBIDDEN, GONE, TOO_MANY = 4400, 4401, 4403, 4410, 4429
RESTART = WSCloseCode.SERVICE_RESTART
_OF_STATUS = {401: INVALID, 403: FORBIDDEN, 404: GONE, 410: GONE, 429: TOO_MANY}
_OF_TYPE = {
    "watching": Action.CONTROL_WATCHING,
    "paused": Action.CONTROL_PAUSED,
    "bye": Action.CONTROL_BYE,
}
_OF_COMMAND = {
    "layout": Action.LAYOUT,
    "record": Action.RECORDING_START,
    "stop_recording": Action.RECORDING_STOP,
    "still": Action.STILL_TAKE,
    "publish": Action.PUBLICATION_START,
    "stop_publication": Action.PUBLICATION_STOP,
    "rename": Action.CAMERA_RENAME,
    "remove": Action.CAMERA_REMOVE,
    "end_bearer": Action.CAMERA_REMOVE,
    "end": Action.SESSION_END,
}
SOCKETS: web.AppKey[set[web.WebSocketResponse]] = web.AppKey("genba.sockets")


class RefusedError(Exception):
    """The connection ends with this close code."""

    def __init__(self, code: int) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


async def connect(request: web.Request) -> web.StreamResponse:
    """Relay between a page and its session until one of them leaves.

    A bad ticket is answered by a close code after the handshake: a browser's script cannot see
    why a handshake failed.
    """
    ticket = _ticket(request)
    if not ticket:
        raise GenbaError("ticket.invalid", "Offer the subprotocols genba.v1 and ticket.<ticket>.")
    await request.app[PACE].from_address(address(request), "begin")
    sockets = request.app[SOCKETS]
    if len(sockets) >= MOST:
        raise GenbaError("server.busy")
    page = web.WebSocketResponse(
        heartbeat=HEARTBEAT, max_msg_size=MESSAGE_LIMIT, protocols=(PROTOCOL,)
    )
    if not page.can_prepare(request).ok:
        raise GenbaError("request.invalid", "This is a WebSocket.")
    await page.prepare(request)
    sockets.add(page)
    try:
        code = await _serve(request, page, ticket)
    finally:
        sockets.discard(page)
    await page.close(code=code)
    return page


async def _serve(request: web.Request, page: web.WebSocketResponse, ticket: str) -> int:
    """Return the code to close with."""
    try:
        actor = ticket_bearer(request, ticket)
        if not allows(actor, Action.CONTROL, Thing(session=actor.session)):
            return FORBIDDEN
        await request.app[PACE].of_bearer(actor, "begin")
        doors = services(request).doors
        if doors.is_shut(actor.session):
            await page.send_json({"type": "returning"})
        client = await doors.http(actor.session)
        async with client.ws_connect(
            "/control",
            headers={"Authorization": f"Bearer {ticket}"},
            max_msg_size=STATE_LIMIT,
            timeout=aiohttp.ClientWSTimeout(ws_close=PATIENCE),
        ) as session:
            return await _relay(actor, page, session)
    except GenbaError as error:
        return _OF_STATUS.get(error.status, RESTART)
    except aiohttp.WSServerHandshakeError as error:
        return _OF_STATUS.get(error.status, RESTART)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("a session does not take a control connection: %r", error)
        return RESTART


async def _relay(
    actor: Actor, page: web.WebSocketResponse, session: aiohttp.ClientWebSocketResponse
) -> int:
    """Run both directions; the first to end decides the code."""
    ways = (
        asyncio.create_task(_to_session(actor, page, session), name="control:to-session"),
        asyncio.create_task(_to_page(page, session), name="control:to-page"),
    )
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        ended = await asyncio.gather(*ways, return_exceptions=True)
    for way, result in zip(ways, ended, strict=True):
        if way in done and isinstance(result, int):
            return result
    for result in ended:
        if isinstance(result, Exception):
            log.info("a control connection broke: %r", result)
    return RESTART


async def _to_session(
    actor: Actor, page: web.WebSocketResponse, session: aiohttp.ClientWebSocketResponse
) -> int:
    """Pass on what the page says, one message at a time: a slow session slows the page down."""
    bucket = Bucket(rate=30, burst=60)
    async for message in page:
        if message.type is not WSMsgType.TEXT:
            return BAD
        if not bucket.take():
            return TOO_MANY
        try:
            _check(actor, message.data)
        except RefusedError as refused:
            return refused.code
        async with asyncio.timeout(PATIENCE):
            await session.send_str(message.data)
    return page.close_code or WSCloseCode.OK


async def _to_page(page: web.WebSocketResponse, session: aiohttp.ClientWebSocketResponse) -> int:
    """Pass on what the session says; a page that does not take it is let go."""
    async for message in session:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            async with asyncio.timeout(PATIENCE):
                await page.send_str(message.data)
        except TimeoutError:
            return TOO_MANY
    return _sendable(session.close_code)


def _check(actor: Actor, text: str) -> None:
    """Raise RefusedError for a message that is not understood or not allowed."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise RefusedError(BAD) from None
    if not isinstance(said, dict):
        raise RefusedError(BAD)
    kind = said.get("type")
    if kind == "command":
        command = said.get("command")
        what = command.get("do") if isinstance(command, dict) else None
        action = _OF_COMMAND.get(what) if isinstance(what, str) else None
    else:
        action = _OF_TYPE.get(kind) if isinstance(kind, str) else None
    if action is None:
        raise RefusedError(BAD)
    if not allows(actor, action, Thing(session=actor.session)):
        raise RefusedError(FORBIDDEN)


def _sendable(code: int | None) -> int:
    """Return a close code that may be sent; a connection that just broke is a restart."""
    if code is None or code in (WSCloseCode.ABNORMAL_CLOSURE, 1005, 1015):
        return RESTART
    return code


def _ticket(request: web.Request) -> str:
    """Return the ticket among the subprotocols, or behind Authorization (for programs)."""
    offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
    for name in offered:
        if name.strip().startswith("ticket."):
            return name.strip().removeprefix("ticket.")
    return bearer_text(request)


async def close_all(app: web.Application) -> None:
    """Have every page come back to the server that starts next; connected to ``on_shutdown``."""
    sockets = app[SOCKETS]
    pages = tuple(sockets)
    await asyncio.gather(*(page.close(code=RESTART) for page in pages), return_exceptions=True)


def routes() -> list[Route]:
    """Return the row."""
    return [Route("GET", "/control", Action.CONTROL, connect, by="control", head=False)]

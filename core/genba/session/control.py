"""The control WebSocket: what a page hears of its session, and what it may say."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from genba.errors import GenbaError
from genba.session import commands, signalling
from genba.session.audience import Member
from genba.session.keys import SESSION
from genba.session.sizing import FULL
from genba.wire.ticket import Ticket, TicketKind

if TYPE_CHECKING:
    from genba.session.session import Session

log = logging.getLogger(__name__)
MESSAGE_LIMIT = 64 * 1024
REPLIES = 32  # replies and notices that may wait for a slow page; more ends the connection
PATIENCE = 10.0  # seconds that one send may take
BAD, FORBIDDEN, GONE, SLOW = 4400, 4403, 4410, 4429


class Connection:
    """One page's connection: a task that sends, the handler that reads."""

    def __init__(self, session: Session, ticket: Ticket, socket: web.WebSocketResponse) -> None:
        """Take the opened socket."""
        self._session = session
        self._socket = socket
        self._waiting: deque[dict[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._dirty = True
        self._reason: str | None = None
        self._code = GONE
        self.member = Member(ticket, self._changed, self._end)

    def _changed(self) -> None:
        self._dirty = True
        self._wake.set()

    def _end(self, reason: str) -> None:
        self._reason = reason
        self._wake.set()

    def _say(self, message: dict[str, Any]) -> None:
        if len(self._waiting) >= REPLIES:
            self._code = SLOW
            self._end("slow")
            return
        self._waiting.append(message)
        self._wake.set()

    async def send(self) -> None:
        """Send replies, the newest state, and at last the goodbye; a stuck page is cut off."""
        try:
            await self._send_all()
        except (ConnectionError, TimeoutError) as error:
            log.info("a control connection broke: %r", error)
            await self._socket.close(code=SLOW)
        except Exception:
            log.exception("a control connection failed")
            await self._socket.close(code=1011)

    async def _send_all(self) -> None:
        self._wake.set()
        while not self._socket.closed:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._send(self._waiting.popleft())
            if self._reason is not None:
                if self._code == GONE:  # to a page, "ended" is final; a slow one may come back
                    await self._send({"type": "ended", "reason": self._reason})
                await self._socket.close(code=self._code)
                return
            if self._dirty:
                self._dirty = False
                await self._send(self._news())

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._socket.send_str(json.dumps(message, ensure_ascii=False))

    def _news(self) -> dict[str, Any]:
        session, ticket = self._session, self.member.ticket
        match ticket.kind:
            case TicketKind.DESK:
                return {"type": "state", "state": session.state().model_dump(mode="json")}
            case TicketKind.CAMERA:
                return _camera_news(session, ticket)
            case _:
                return _guest_news(session)

    async def read(self) -> None:
        """Take messages until the page leaves or says what cannot be understood."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                await self._socket.close(code=BAD)
                return
            try:
                said = json.loads(message.data)
                await self._hear(said if isinstance(said, dict) else {})
            except (ValueError, RecursionError):
                await self._socket.close(code=BAD)
                return
            except GenbaError as error:
                self._say({"type": "reply", "re": None, "ok": False, "error": error.body()})

    async def _hear(self, said: dict[str, Any]) -> None:
        ticket = self.member.ticket
        match said.get("type"):
            case "watching" if ticket.kind is not TicketKind.CAMERA:
                fresh = not self.member.watching
                self.member.watched_at = time.monotonic()
                if ticket.kind is TicketKind.GUEST:
                    self._session.links.watching(ticket.id)
                if fresh:
                    self._session.events.changed()
            case "paused" if ticket.kind is TicketKind.CAMERA:
                self._session.cameras.pause(ticket.id, paused=said.get("paused") is True)
            case "command" if ticket.kind is TicketKind.DESK:
                await self._command(said)
            case "command":
                await self._socket.close(code=FORBIDDEN)
            case "bye":
                await self._socket.close()
            case _:
                await self._socket.close(code=BAD)

    async def _command(self, said: dict[str, Any]) -> None:
        number = said.get("re")
        try:
            reply = await commands.run(self._session, commands.parse(said.get("command") or {}))
            body = reply.model_dump(mode="json")
        except GenbaError as error:
            body = {"ok": False, "data": {}, "error": error.body()}
        self._say({"type": "reply", "re": number if isinstance(number, int) else None, **body})


def _camera_news(session: Session, ticket: Ticket) -> dict[str, Any]:
    seat = session.cameras.seat_of(ticket.id)
    watchers = session.audience.watching()
    return {
        "type": "camera",
        "epoch": session.order.epoch,
        "slot": seat.wire().model_dump(mode="json") if seat is not None else None,
        "session_name": session.order.name,
        "lines": seat.lines if seat is not None else FULL,
        "recording": session.archive.recording.running,
        "watchers": [name for name in watchers if name],
        "watched": bool(watchers),
    }


def _guest_news(session: Session) -> dict[str, Any]:
    return {
        "type": "view",
        "epoch": session.order.epoch,
        "name": session.order.name,
        "recording": session.archive.recording.running,
        "layout": session.layout.model_dump(),
        "cameras": [
            {"n": seat.n, "name": seat.name, "state": seat.state.value}
            for seat in session.cameras.seats
        ],
    }


async def handle(request: web.Request) -> web.WebSocketResponse:
    """Serve one page until it leaves or the session ends."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    if ticket.kind is TicketKind.TEST:
        raise GenbaError("ticket.invalid", "A test sends, and hears nothing.")
    if ticket.kind is TicketKind.GUEST:
        session.links.get(ticket.id)
    if session.audience.crowded(ticket.kind):
        raise GenbaError("server.busy", "Too many pages are open.")
    socket = web.WebSocketResponse(heartbeat=20, max_msg_size=MESSAGE_LIMIT)
    await socket.prepare(request)
    connection = Connection(session, ticket, socket)
    session.audience.add(connection.member)
    sender = asyncio.create_task(connection.send(), name="control:send")
    try:
        await connection.read()
    finally:
        session.audience.remove(connection.member)
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)
        session.events.changed()
    return socket


def add(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get("/control", handle)

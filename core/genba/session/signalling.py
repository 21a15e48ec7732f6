"""What WHIP and WHEP have in common on the wire (RFC 9725)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.keys import SESSION
from genba.wire.ticket import Ticket, read

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from genba.session.peer.peer import Peer
    from genba.session.session import Session
    from genba.wire.order import IceServer

    Query = Mapping[str, str]

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"
OFFER_LIMIT = 64 * 1024


def ticket(request: web.Request, session: Session) -> Ticket:
    """Return the bearer's ticket for this very session; raises ``ticket.*``."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text:
        raise GenbaError("ticket.invalid", "Authorization: Bearer is missing.")
    found = read(session.order.ticket_key, text.strip(), session.clock.now())
    if found.session != session.order.session:
        raise GenbaError("ticket.invalid")
    return found


async def body(request: web.Request, kind: str) -> str:
    """Return the body as text; raises ``request.type`` or ``request.too_large``."""
    data = await request.content.read(OFFER_LIMIT + 1)
    while len(data) <= OFFER_LIMIT and (more := await request.content.read(OFFER_LIMIT + 1)):
        data += more
    if data and request.content_type != kind:
        raise GenbaError("request.type", f"Send {kind}.")
    if len(data) > OFFER_LIMIT:
        raise GenbaError("request.too_large", "An offer has at most 64 KiB.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise GenbaError("offer.malformed", "The body is not UTF-8.") from None


class Call(Protocol):
    """A camera's or a viewer's open link."""

    @property
    def peer(self) -> Peer:
        """Whose answer, id and ETag go out."""
        ...

    async def close(self, reason: EndReason) -> None:
        """End it."""
        ...


async def begin(
    request: web.Request,
    path: str,
    open: Callable[[Session, Ticket, str], Awaitable[Call]],  # noqa: A002 (what it does)
) -> web.Response:
    """Answer an offer with a link of its own below ``path``; raises what ``open`` does."""
    session = request.app[SESSION]()
    bearer = ticket(request, session)
    if session.crowded():
        raise GenbaError("server.busy", "The session's memory is short.")
    call = await open(session, bearer, await body(request, SDP))
    answer = web.Response(status=201, text=call.peer.answer, content_type=SDP)
    answer.headers["Location"] = f"{path}/{call.peer.id}"
    answer.headers["ETag"] = call.peer.etag
    answer.headers["Accept-Patch"] = FRAGMENT
    _add_ice(answer, session.order.rtc.ice_servers)
    return answer


class Resource:
    """The routes of one kind of link. ``open`` answers an offer, ``find`` returns one's own link.

    Both raise GenbaErrors, which the application answers as problems.
    """

    def __init__(
        self,
        path: str,
        open: Callable[[Session, Ticket, str, Query], Awaitable[Call]],  # noqa: A002 (what it does)
        find: Callable[[Session, Ticket, str], Call],
    ) -> None:
        """Serve below ``path``."""
        self._path = path
        self._open = open
        self._find = find

    def add(self, app: web.Application) -> None:
        """Add the routes to the application."""
        app.router.add_post(self._path, self._post)
        app.router.add_options(self._path, self._options)
        app.router.add_patch(f"{self._path}/{{id}}", self._patch)
        app.router.add_delete(f"{self._path}/{{id}}", self._delete)
        app.router.add_options(f"{self._path}/{{id}}", self._options)

    async def _post(self, request: web.Request) -> web.Response:
        return await begin(
            request,
            self._path,
            lambda session, bearer, offer: self._open(session, bearer, offer, request.query),
        )

    async def _patch(self, request: web.Request) -> web.Response:
        """Take a fragment: 204, also for an empty one; 422 for an ICE restart (RFC 9725, 4.3)."""
        peer = self._found(request).peer
        match = request.headers.get("If-Match", "").strip()
        if match == "*":
            raise GenbaError("ice.restart")
        if match and match != peer.etag:
            raise GenbaError("etag.mismatch")
        await peer.trickle(await body(request, FRAGMENT))
        return web.Response(status=204, headers={"ETag": peer.etag})

    async def _delete(self, request: web.Request) -> web.Response:
        await self._found(request).close(EndReason.LEFT)
        return web.Response()

    async def _options(self, request: web.Request) -> web.Response:
        answer = web.Response(
            status=204,
            headers={
                "Accept-Post": SDP,
                "Accept-Patch": FRAGMENT,
                "Allow": "OPTIONS, POST, PATCH, DELETE",
            },
        )
        _add_ice(answer, request.app[SESSION]().order.rtc.ice_servers)
        return answer

    def _found(self, request: web.Request) -> Call:
        session = request.app[SESSION]()
        return self._find(session, ticket(request, session), request.match_info["id"])


def _add_ice(answer: web.Response, servers: tuple[IceServer, ...]) -> None:
    for server in servers:
        answer.headers.add("Link", server.link())

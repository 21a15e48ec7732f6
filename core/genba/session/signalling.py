"""What WHIP and WHEP have in common on the wire (RFC 9725)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from genba.errors import GenbaError
from genba.wire.ticket import Ticket, read

if TYPE_CHECKING:
    from genba.session.peer.peer import Peer
    from genba.session.session import Session
    from genba.wire.order import IceServer

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
    if request.content_type != kind:
        raise GenbaError("request.type", f"Send {kind}.")
    data = await request.content.read(OFFER_LIMIT + 1)
    while len(data) <= OFFER_LIMIT and (more := await request.content.read(OFFER_LIMIT + 1)):
        data += more
    if len(data) > OFFER_LIMIT:
        raise GenbaError("request.too_large", "An offer has at most 64 KiB.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise GenbaError("offer.malformed", "The body is not UTF-8.") from None


async def offer(request: web.Request) -> str:
    """Return the offer's SDP."""
    return await body(request, SDP)


def created(session: Session, location: str, peer: Peer) -> web.Response:
    """Return the 201 of a new link."""
    answer = web.Response(status=201, text=peer.answer, content_type=SDP)
    answer.headers["Location"] = location
    answer.headers["ETag"] = peer.etag
    answer.headers["Accept-Patch"] = FRAGMENT
    _add_ice(answer, session.order.rtc.ice_servers)
    return answer


async def trickled(request: web.Request, peer: Peer) -> web.Response:
    """Take a fragment: 204, also for an empty one; 422 for an ICE restart (RFC 9725, 4.3)."""
    match = request.headers.get("If-Match", "").strip()
    if match == "*":
        raise GenbaError("ice.restart")
    if match and match != peer.etag:
        raise GenbaError("etag.mismatch")
    await peer.trickle(await body(request, FRAGMENT))
    return web.Response(status=204, headers={"ETag": peer.etag})


def options(session: Session) -> web.Response:
    """Return the answer to OPTIONS."""
    answer = web.Response(
        status=204,
        headers={
            "Accept-Post": SDP,
            "Accept-Patch": FRAGMENT,
            "Allow": "OPTIONS, POST, PATCH, DELETE",
        },
    )
    _add_ice(answer, session.order.rtc.ice_servers)
    return answer


def _add_ice(answer: web.Response, servers: tuple[IceServer, ...]) -> None:
    for server in servers:
        link = f'<{server.urls}>; rel="ice-server"'
        if server.username:
            link += (
                f'; username="{server.username}"; credential="{server.credential}"'
                '; credential-type="password"'
            )
        answer.headers.add("Link", link)

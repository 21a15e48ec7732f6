"""WHEP: the view goes out, or to a supporter one camera, in the same shapes as WHIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.publishing.choice import Wish
from genba.session.signalling import Call, Resource, begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from genba.session.session import Session
    from genba.wire.ticket import Ticket


def _wish(query: Mapping[str, str]) -> Wish:
    """Return what the address asks for: ``?quality=low``; what is not known counts as nothing."""
    try:
        return Wish(query.get("quality", Wish.AUTO))
    except ValueError:
        return Wish.AUTO


def _find(session: Session, ticket: Ticket, peer: str) -> Call:
    """Return one's own link, at the view or at a camera; raises ``link.unknown``."""
    return session.looks.find(peer, ticket) or session.viewers.get(peer, ticket)


async def _look(request: web.Request) -> web.Response:
    """Answer an offer for one camera; the link is one like any other from then on."""
    camera = request.match_info["camera"]
    return await begin(
        request,
        "/whep",
        lambda session, ticket, offer: session.looks.open(ticket, camera, offer),
    )


def add(app: web.Application) -> None:
    """Add the routes."""
    Resource(
        "/whep",
        lambda session, ticket, offer, query: session.viewers.open(ticket, offer, _wish(query)),
        _find,
    ).add(app)
    app.router.add_post("/whep/cameras/{camera}", _look)

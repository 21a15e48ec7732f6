"""WHEP: the view goes out, or to a supporter one camera, in the same shapes as WHIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.publishing.choice import Asked, Wish
from genba.session.signalling import Call, Resource, begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

    from genba.session.session import Session
    from genba.wire.ticket import Ticket


def _asked(query: Mapping[str, str]) -> Asked:
    """Return what the address asks for; what is not known counts as nothing.

    ``?quality=low`` (or ``high``) is a wish, ``&narrow=1`` says how the page's last link was.
    """
    try:
        wish = Wish(query.get("quality", Wish.AUTO))
    except ValueError:
        wish = Wish.AUTO
    return Asked(wish, query.get("narrow") == "1")


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
        lambda session, ticket, offer, query: session.viewers.open(ticket, offer, _asked(query)),
        _find,
    ).add(app)
    app.router.add_post("/whep/cameras/{camera}", _look)

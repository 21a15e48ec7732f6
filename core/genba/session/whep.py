"""WHEP: the view goes out, in the same shapes as WHIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.publishing.choice import Wish
from genba.session.signalling import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web


def _wish(query: Mapping[str, str]) -> Wish:
    """Return what the address asks for: ``?quality=low``; what is not known counts as nothing."""
    try:
        return Wish(query.get("quality", Wish.AUTO))
    except ValueError:
        return Wish.AUTO


def add(app: web.Application) -> None:
    """Add the routes."""
    Resource(
        "/whep",
        lambda session, ticket, offer, query: session.viewers.open(ticket, offer, _wish(query)),
        lambda session, ticket, peer: session.viewers.get(peer, ticket),
    ).add(app)

"""WHEP: the view goes out, in the same shapes as WHIP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.signalling import Resource

if TYPE_CHECKING:
    from aiohttp import web


def add(app: web.Application) -> None:
    """Add the routes."""
    Resource(
        "/whep",
        lambda session, ticket, offer: session.viewers.open(ticket, offer),
        lambda session, ticket, peer: session.viewers.get(peer, ticket),
    ).add(app)

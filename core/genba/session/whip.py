"""WHIP (RFC 9725): cameras, and a supporter's microphone, come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.signalling import Resource

if TYPE_CHECKING:
    from aiohttp import web


def add(app: web.Application) -> None:
    """Add the routes. A link that says goodbye frees its camera's slot."""
    Resource(
        "/whip",
        lambda session, ticket, offer, _: session.cameras.publish(ticket, offer),
        lambda session, ticket, peer: session.cameras.link(peer, ticket),
    ).add(app)

"""Finds out who asks."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.http.keys import services
from genba.server.identity.actor import NOBODY, Actor, bearer, operator

if TYPE_CHECKING:
    from aiohttp import web


def cookie_name(*, https: bool) -> str:
    """Return the sign-in cookie's name; the prefix binds it to this very host and to HTTPS."""
    return "__Host-genba" if https else "genba"


def bearer_text(request: web.Request) -> str:
    """Return what stands behind ``Authorization: Bearer``, or an empty string."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


async def person(request: web.Request) -> Actor:
    """Return the person by API token or cookie, or nobody; a wrong token is nobody too."""
    house = services(request)
    if "Authorization" in request.headers:
        token = bearer_text(request).encode(errors="replace")
        known = house.api_token.encode()
        return operator(ambient=False) if known and hmac.compare_digest(token, known) else NOBODY
    cookie = request.cookies.get(cookie_name(https=house.origins.https))
    if not cookie:
        return NOBODY
    return await house.signins.who(cookie) or NOBODY


def ticket_bearer(request: web.Request, text: str) -> Actor:
    """Return a ticket's bearer; raises ``ticket.*``, also for one that was revoked."""
    house = services(request)
    ticket = house.tickets.read(text)
    if house.invitations.is_revoked(ticket.id):
        raise GenbaError("ticket.revoked")
    return bearer(ticket)


def address(request: web.Request) -> str:
    """Return the client's address, as far as it can be known.

    Behind a proxy on this machine (``server.public_url`` is set) it is the one that the proxy
    added last to X-Forwarded-For; what the client itself wrote there is never believed.
    """
    peer = request.remote or ""
    if services(request).settings.server.public_url and peer in ("127.0.0.1", "::1"):
        said = request.headers.getall("X-Forwarded-For", [])
        return said[-1].rpartition(",")[2].strip() if said else peer
    return peer

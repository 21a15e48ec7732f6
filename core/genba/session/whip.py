"""WHIP (RFC 9725): cameras, and a supporter's microphone, come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from genba.api import EndReason
from genba.session import signalling
from genba.session.keys import SESSION

if TYPE_CHECKING:
    from genba.session.session import Session


async def post(request: web.Request) -> web.Response:
    """Answer an offer: 201 with the answer, Location, ETag."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    offer = await signalling.offer(request)
    link = await session.cameras.publish(ticket, offer)
    return signalling.created(session, f"/whip/{link.peer.id}", link.peer)


async def patch(request: web.Request) -> web.Response:
    """Take trickled candidates: 204."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    link = session.cameras.link(request.match_info["id"], ticket)
    return await signalling.trickled(request, link.peer)


async def delete(request: web.Request) -> web.Response:
    """End the link; the camera's slot is free again."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    link = session.cameras.link(request.match_info["id"], ticket)
    await link.close(EndReason.LEFT)
    return web.Response()


async def options(request: web.Request) -> web.Response:
    """Say what is accepted and which ICE servers to use."""
    return signalling.options(request.app[SESSION]())


def add(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/whip", post)
    app.router.add_options("/whip", options)
    app.router.add_patch("/whip/{id}", patch)
    app.router.add_delete("/whip/{id}", delete)
    app.router.add_options("/whip/{id}", options)

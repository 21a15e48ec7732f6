"""WHEP: the view goes out, in the same shapes as WHIP."""

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
    viewer = await session.viewers.open(ticket, offer)
    return signalling.created(session, f"/whep/{viewer.peer.id}", viewer.peer)


async def patch(request: web.Request) -> web.Response:
    """Take trickled candidates: 204."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    viewer = session.viewers.get(request.match_info["id"], ticket)
    return await signalling.trickled(request, viewer.peer)


async def delete(request: web.Request) -> web.Response:
    """End the link."""
    session: Session = request.app[SESSION]()
    ticket = signalling.ticket(request, session)
    viewer = session.viewers.get(request.match_info["id"], ticket)
    await viewer.close(EndReason.LEFT)
    return web.Response()


async def options(request: web.Request) -> web.Response:
    """Say what is accepted and which ICE servers to use."""
    return signalling.options(request.app[SESSION]())


def add(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_post("/whep", post)
    app.router.add_options("/whep", options)
    app.router.add_patch("/whep/{id}", patch)
    app.router.add_delete("/whep/{id}", delete)
    app.router.add_options("/whep/{id}", options)

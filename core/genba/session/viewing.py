"""What a viewer may ask of its own link: another quality, and single pictures of the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError

from genba.errors import GenbaError
from genba.session.keys import SESSION
from genba.session.publishing.choice import Wish
from genba.session.signalling import ticket
from genba.wire.ticket import TicketKind
from genba.wire.viewing import Wanted

if TYPE_CHECKING:
    from genba.session.publishing.viewer import Viewer

LIMIT = 1024  # bytes of a wish


async def get_quality(request: web.Request) -> web.Response:
    """Say what the link's viewer asked for, and what it is sent."""
    return _viewing(_viewer(request))


async def put_quality(request: web.Request) -> web.Response:
    """Take another wish."""
    viewer = _viewer(request)
    if request.content_type != "application/json":
        raise GenbaError("request.type", "Send application/json.")
    data = await request.content.read(LIMIT + 1)
    while len(data) <= LIMIT and (more := await request.content.read(LIMIT + 1)):
        data += more
    if len(data) > LIMIT:
        raise GenbaError("request.too_large")
    try:
        wanted = Wanted.model_validate_json(data)
    except ValidationError:
        raise GenbaError("request.invalid", "quality is auto, low or high.") from None
    viewer.ask(Wish(wanted.quality))
    return _viewing(viewer)


async def get_picture(request: web.Request) -> web.Response:
    """Return the view as a small JPEG."""
    session = request.app[SESSION]()
    bearer = ticket(request, session)
    if bearer.kind not in (TicketKind.DESK, TicketKind.GUEST):
        raise GenbaError("ticket.invalid", "This ticket sees nothing.")
    if bearer.kind is TicketKind.GUEST:
        session.links.get(bearer.id)
    return web.Response(
        body=await session.snapshots.jpeg(),
        content_type="image/jpeg",
        headers={"Cache-Control": "no-store"},
    )


def _viewer(request: web.Request) -> Viewer:
    session = request.app[SESSION]()
    return session.viewers.get(request.match_info["id"], ticket(request, session))


def _viewing(viewer: Viewer) -> web.Response:
    viewing = viewer.viewing
    if viewing is None:
        raise GenbaError("request.invalid", "This link has no picture.")
    return web.Response(text=viewing.model_dump_json(), content_type="application/json")


def add(app: web.Application) -> None:
    """Add the routes, beside those of WHEP."""
    app.router.add_get("/whep/picture", get_picture)
    app.router.add_get("/whep/{id}/quality", get_quality)
    app.router.add_put("/whep/{id}/quality", put_quality)

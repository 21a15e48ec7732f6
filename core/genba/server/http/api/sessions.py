"""Sessions: opened, read, connected to, laid out, ended; and their cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.http.api import models as m
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.keys import services
from genba.server.identity.permissions import Action
from genba.wire.command import RemoveCamera, RenameCamera, SetLayout

if TYPE_CHECKING:
    from aiohttp import web

SLOTS = 4


async def open_session(request: web.Request, body: m.NewSession) -> m.SessionView:
    """Open one."""
    record = await services(request).desk.open(body.name)
    return m.SessionView.of(record, None)


async def list_sessions(request: web.Request) -> m.Sessions:
    """List those that run, or all there were."""
    desk = services(request).desk
    records = desk.history() if request.query.get("all") == "1" else desk.running()
    return m.Sessions(
        sessions=[
            m.SessionView.of(r, desk.state(r.id), returning=desk.is_returning(r.id))
            for r in records
        ]
    )


async def get_session(request: web.Request) -> m.SessionDetail:
    """Return one with its state of this moment."""
    desk = services(request).desk
    session = request.match_info["session"]
    record = desk.find(session)
    if record is None:
        raise GenbaError("not_found")
    state = await desk.fresh(session)
    view = m.SessionView.of(record, state, returning=desk.is_returning(session))
    return m.SessionDetail(**view.model_dump(), state=state)


async def end_session(request: web.Request) -> None:
    """End it, its recording finished first."""
    await services(request).desk.end(request.match_info["session"])


async def desk_ticket(request: web.Request) -> m.DeskTicket:
    """Give out a ticket for a desk."""
    house = services(request)
    session = request.match_info["session"]
    if house.desk.ended(session):
        raise GenbaError("session.ended")
    ticket, expires = house.tickets.desk(session)
    bearer = house.tickets.read(ticket).id
    return m.DeskTicket(ticket=ticket, expires=expires, **ways(request, bearer))


async def set_layout(request: web.Request, body: m.LayoutBody) -> m.LayoutBody:
    """Lay the view out."""
    command = SetLayout(kind=body.kind, focus=body.focus)
    await services(request).desk.command(request.match_info["session"], command)
    return body


async def rename_camera(request: web.Request, body: m.CameraName) -> m.CameraView:
    """Give a camera another name."""
    slot = _slot(request)
    command = RenameCamera(slot=slot, name=body.name)
    await services(request).desk.command(request.match_info["session"], command)
    return m.CameraView(n=slot, name=body.name)


async def remove_camera(request: web.Request) -> None:
    """End a camera's link and free its slot."""
    command = RemoveCamera(slot=_slot(request))
    await services(request).desk.command(request.match_info["session"], command)


def ways(request: web.Request, bearer: str) -> dict[str, object]:
    """Return where to connect, as seen from who asks: a page may only call its own origin.

    ``bearer`` is the id of the ticket that goes with it.
    """
    house = services(request)
    base = house.origins.seen_from(request)
    return {
        "whip": f"{base}/whip",
        "whep": f"{base}/whep",
        "control": f"{base.replace('http', 'ws', 1)}/control",
        "ice_servers": list(house.tickets.servers(bearer)),
    }


def _slot(request: web.Request) -> int:
    n = int(request.match_info["n"])
    if not 1 <= n <= SLOTS:
        raise GenbaError("not_found")
    return n


_GONE = ("session.ended", "server.busy")
ENDPOINTS = (
    Endpoint(
        "POST",
        "/sessions",
        Action.SESSION_OPEN,
        "Open a session",
        open_session,
        body=m.NewSession,
        answer=m.SessionView,
        status=201,
        errors=("session.limit", "server.busy", "rtc.no_port"),
    ),
    Endpoint(
        "GET",
        "/sessions",
        Action.SESSION_LIST,
        "List the sessions that run",
        list_sessions,
        answer=m.Sessions,
        query={"all": "`1`: those that have ended as well"},
    ),
    Endpoint(
        "GET",
        "/sessions/{session}",
        Action.SESSION_READ,
        "Read a session and its state of this moment",
        get_session,
        answer=m.SessionDetail,
        errors=("server.busy",),
    ),
    Endpoint(
        "DELETE",
        "/sessions/{session}",
        Action.SESSION_END,
        "End a session; its recording is finished first",
        end_session,
        status=204,
        errors=_GONE,
    ),
    Endpoint(
        "POST",
        "/sessions/{session}/ticket",
        Action.SESSION_DESK,
        "Get a ticket for a supporter's desk",
        desk_ticket,
        answer=m.DeskTicket,
        status=201,
        errors=("session.ended",),
    ),
    Endpoint(
        "PUT",
        "/sessions/{session}/layout",
        Action.LAYOUT,
        "Lay the view out",
        set_layout,
        body=m.LayoutBody,
        answer=m.LayoutBody,
        errors=_GONE,
    ),
    Endpoint(
        "PUT",
        "/sessions/{session}/cameras/{n:[0-9]{1,2}}",
        Action.CAMERA_RENAME,
        "Give the camera in a slot another name",
        rename_camera,
        body=m.CameraName,
        answer=m.CameraView,
        errors=_GONE,
    ),
    Endpoint(
        "DELETE",
        "/sessions/{session}/cameras/{n:[0-9]{1,2}}",
        Action.CAMERA_REMOVE,
        "End the link of the camera in a slot and free the slot",
        remove_camera,
        status=204,
        errors=_GONE,
    ),
)

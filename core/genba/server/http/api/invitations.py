"""Invitations of cameras, and joining by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.desk.invitations import shown
from genba.server.http.api import models as m
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.api.sessions import ways
from genba.server.http.keys import services
from genba.server.http.who import address
from genba.server.identity.permissions import Action
from genba.wire.command import EndBearer

if TYPE_CHECKING:
    from aiohttp import web

    from genba.server.http.keys import Services
    from genba.server.storage.records import InvitationRecord


async def make(request: web.Request, body: m.NewInvitation) -> m.InvitationView:
    """Invite a camera."""
    house = services(request)
    record = house.desk.find(request.match_info["session"])
    if record is None or record.ended_at is not None:
        raise GenbaError("session.ended")
    made = await house.invitations.make(
        record, name=body.name, slot=body.slot or 0, minutes=body.minutes or 0
    )
    return await _view(house, made)


async def list_all(request: web.Request) -> m.InvitationList:
    """List a session's invitations."""
    house = services(request)
    found = house.invitations.of(request.match_info["session"])
    return m.InvitationList(invitations=[await _view(house, one) for one in found])


async def revoke(request: web.Request) -> None:
    """End an invitation, and all that the camera that came by it has open."""
    house = services(request)
    session, name = request.match_info["session"], request.match_info["invitation"]
    await house.invitations.revoke(session, name)
    record = house.desk.find(session)
    if record is not None and record.ended_at is None:
        await house.desk.command(session, EndBearer(id=name))


async def join(request: web.Request, body: m.Join) -> m.Joined:
    """Let a camera in by its code."""
    house = services(request)
    await house.throttle.take(address(request))
    one = await house.invitations.join(body.code)
    record = house.desk.find(one.session)
    state = house.desk.state(one.session)
    return m.Joined(
        token=house.tickets.camera(one),
        expires=one.ticket_expires,
        session=one.session,
        session_name=record.name if record is not None else "",
        name=one.name,
        slot=one.slot,
        recording=bool(state is not None and state.recording.running),
        **ways(request, one.id),
    )


async def _view(house: Services, one: InvitationRecord) -> m.InvitationView:
    code = shown(one.code)
    url = f"{house.base_url}/j/{code}"
    return m.InvitationView(
        id=one.id,
        code=code,
        url=url,
        qr_svg=await house.qr.svg(url),
        name=one.name,
        slot=one.slot or None,
        created_at=one.created_at,
        expires=one.expires,
        camera_token=house.tickets.camera(one),
        whip=f"{house.base_url}/whip",
    )


ENDPOINTS = (
    Endpoint(
        "POST",
        "/sessions/{session}/invitations",
        Action.INVITATION_MAKE,
        "Invite a camera",
        make,
        body=m.NewInvitation,
        answer=m.InvitationView,
        status=201,
        errors=("session.ended",),
    ),
    Endpoint(
        "GET",
        "/sessions/{session}/invitations",
        Action.INVITATION_LIST,
        "List the invitations that still let somebody in",
        list_all,
        answer=m.InvitationList,
    ),
    Endpoint(
        "DELETE",
        "/sessions/{session}/invitations/{invitation}",
        Action.INVITATION_REVOKE,
        "End an invitation and the link of the camera that came by it",
        revoke,
        status=204,
        errors=("server.busy",),
    ),
    Endpoint(
        "POST",
        "/join",
        Action.JOIN,
        "Join as a camera by eight digits; ten tries a minute",
        join,
        body=m.Join,
        answer=m.Joined,
        errors=("invitation.unknown", "session.ended", "rate.limited"),
        public=True,
    ),
)

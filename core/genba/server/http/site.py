"""The pages that people open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aiohttp import web

from genba.errors import GenbaError
from genba.server.desk.invitations import digits, shown
from genba.server.http import language
from genba.server.http.api.models import RecordingView, SessionView
from genba.server.http.keys import services
from genba.server.http.pages import RENDERER
from genba.server.http.route import Route
from genba.server.http.shown import length, moment, size
from genba.server.http.who import cookie_name
from genba.server.identity import once
from genba.server.identity.permissions import Action
from genba.server.identity.signins import LIFE

if TYPE_CHECKING:
    from genba.wire.media import MediaFile

API = "/api/v1"


async def home(request: web.Request) -> web.Response:
    """Show the sessions that run."""
    desk = services(request).desk
    views = [
        SessionView.of(record, desk.state(record.id), returning=desk.is_returning(record.id))
        for record in desk.running()
    ]
    lang = language.of(request)
    shown_ = [{**view.model_dump(), "started_at": moment(view.started_at, lang)} for view in views]
    boot = {"sessions": [view.model_dump(mode="json") for view in views]}
    return _render(request, "home.html", {"sessions": shown_, "boot": boot})


async def console(request: web.Request) -> web.Response:
    """Show the supporter's console of a running session."""
    desk = services(request).desk
    record = desk.find(request.match_info["session"])
    if record is None:
        raise GenbaError("not_found")
    if record.ended_at is not None:
        raise GenbaError("session.ended")
    session = {"id": record.id, "name": record.name, "started_at": record.started_at}
    boot = {"session": record.id, "name": record.name, "api": API, "group": record.group}
    return _render(request, "console.html", {"session": session, "boot": boot})


async def camera(request: web.Request) -> web.Response:
    """Show the camera's page; whether the code is good is only told to who uses it."""
    code = digits(request.match_info.get("code", ""))
    return _render(request, "camera.html", {"boot": {"code": shown(code) if code else ""}})


async def recordings(request: web.Request) -> web.Response:
    """Show every recording."""
    lang = language.of(request)
    files = await services(request).media.all("recording")
    known = {meta.id for meta in files}
    of_take = Counter(meta.take for meta in files if meta.take != meta.id)
    found = [
        {**_recording(meta, lang), "cameras": of_take[meta.id]}
        for meta in files
        if meta.take in ("", meta.id) or meta.take not in known
    ]
    return _render(request, "recordings.html", {"recordings": found})


async def recording(request: web.Request) -> web.Response:
    """Show one recording with its player."""
    meta = await services(request).media.get("recording", request.match_info["recording"])
    if meta is None:
        raise GenbaError("not_found")
    lang = language.of(request)
    media = services(request).media
    view = await media.get("recording", meta.take) if meta.slot else None
    others = [one for one in await media.take(view or meta) if one.id != meta.id]
    found = {**_recording(meta, lang), "files": [_recording(one, lang) for one in others]}
    boot = {"recording": RecordingView.of(meta).model_dump(mode="json")}
    return _render(request, "recording.html", {"recording": found, "boot": boot})


async def enter(request: web.Request) -> web.StreamResponse:
    """Use a sign-in link up, and go on to where it leads."""
    house = services(request)
    found = once.read(house.signin_key, request.match_info["once"], house.clock.now())
    value = await house.signins.enter(found)
    https = house.origins.https
    answer = web.Response(status=303, headers={"Location": _local(request.query.get("next", "/"))})
    answer.set_cookie(
        cookie_name(https=https),
        value,
        max_age=int(LIFE.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=https,
    )
    return answer


def _local(path: str) -> str:
    """Return a path of ours, ``/`` for anything that leads elsewhere."""
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if good and path.isascii() else "/"


def _recording(meta: MediaFile, lang: str) -> dict[str, object]:
    return {
        **meta.model_dump(),
        "started": moment(meta.started_at, lang),
        "length_text": length(meta.seconds) if meta.seconds else "-",
        "size_text": size(meta.size) if meta.size else "-",
        "holes": [
            {"at": length(gap.at), "seconds": f"{gap.seconds:.1f}", "why": gap.why}
            for gap in meta.gaps
        ],
    }


def _render(request: web.Request, template: str, context: dict[str, object]) -> web.Response:
    return request.app[RENDERER].render(request, template, context)


def routes() -> list[Route]:
    """Return the rows."""
    return [
        Route("GET", "/", Action.SESSION_LIST, home),
        Route("GET", "/s/{session}", Action.SESSION_DESK, console),
        Route("GET", "/j", Action.JOIN_PAGE, camera),
        Route("GET", "/j/{code}", Action.JOIN_PAGE, camera),
        Route("GET", "/recordings", Action.RECORDING_READ, recordings),
        Route("GET", "/recordings/{recording}", Action.RECORDING_READ, recording),
        Route("GET", "/enter/{once}", Action.SIGN_IN, enter, head=False),
    ]

"""Recordings and stills: made by the session, kept and given out here."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from genba.clock import jst
from genba.errors import GenbaError
from genba.server.http.api import models as m
from genba.server.http.api.endpoint import Endpoint
from genba.server.http.keys import services
from genba.server.http.pages import RENDERER
from genba.server.identity.permissions import Action
from genba.wire.command import StartRecording, StopRecording, TakeStill

if TYPE_CHECKING:
    from genba.server.storage.media import Kind
    from genba.wire.media import MediaFile

MP4, JPEG = "video/mp4", "image/jpeg"
VIDEO = {"mp4": MP4, "mkv": "video/x-matroska"}


async def start(request: web.Request) -> m.RecordingId:
    """Record the view."""
    data = await services(request).desk.command(request.match_info["session"], StartRecording())
    return m.RecordingId.model_validate(data)


async def stop(request: web.Request) -> m.RecordingId:
    """Stop recording."""
    data = await services(request).desk.command(request.match_info["session"], StopRecording())
    return m.RecordingId.model_validate(data)


async def list_all(request: web.Request) -> m.Recordings:
    """List every recording."""
    found = await services(request).media.all("recording")
    return m.Recordings(recordings=[m.RecordingView.of(meta) for meta in found])


async def get(request: web.Request) -> m.RecordingView:
    """Read one."""
    return m.RecordingView.of(await _meta(request, "recording"))


async def get_file(request: web.Request) -> web.StreamResponse:
    """Send the MP4, or the range of it that was asked for."""
    meta = await _meta(request, "recording")
    if meta.state != "ready":
        raise GenbaError("not_found", f"This recording is {meta.state}.")
    return await _file(request, meta, VIDEO[meta.suffix], meta.suffix)


async def erase(request: web.Request) -> None:
    """Erase it for good; the view's file takes those of its cameras with it."""
    meta = await _meta(request, "recording")
    media = services(request).media
    all_of_it = await media.take(meta)
    if any(one.state in ("writing", "finishing") for one in all_of_it):
        raise GenbaError("recording.running")
    for one in reversed(all_of_it):  # the view last: what is left over can still be found by it
        await media.erase(one)


async def take_still(request: web.Request, body: m.NewStill) -> m.NewStillView:
    """Keep a picture."""
    command = TakeStill(slot=body.slot or 0)
    data = await services(request).desk.command(request.match_info["session"], command)
    name = str(data.get("id", ""))
    return m.NewStillView.model_validate({**data, "url": f"/api/v1/stills/{name}/file"})


async def list_stills(request: web.Request) -> m.Stills:
    """List a session's stills."""
    session = request.match_info["session"]
    found = await services(request).media.all("still")
    return m.Stills(stills=[m.StillView.of(meta) for meta in found if meta.session == session])


async def get_still(request: web.Request) -> web.StreamResponse:
    """Send the JPEG."""
    return await _file(request, await _meta(request, "still"), JPEG, "jpg")


async def _meta(request: web.Request, kind: Kind) -> MediaFile:
    meta = await services(request).media.get(kind, request.match_info[kind])
    if meta is None:
        raise GenbaError("not_found")
    return meta


async def _file(
    request: web.Request, meta: MediaFile, media: str, suffix: str
) -> web.StreamResponse:
    path = services(request).media.file(meta)
    headers = {
        "Content-Type": media,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": "inline",
    }
    if request.query.get("download") == "1":
        gaps = len(meta.gaps)
        say = request.app[RENDERER].text
        words = say(request, "recordings.file.holes", n=gaps) if gaps else ""
        headers["Content-Disposition"] = attachment(meta, suffix, words)
    return web.FileResponse(path, headers=headers)


def attachment(meta: MediaFile, suffix: str, words: str = "") -> str:
    """Return Content-Disposition (RFC 6266) with a name that says what it is.

    ``words`` say that something is missing in it; the name for old clients says so as well.
    """
    at = f"{jst(meta.started_at):%Y%m%d-%H%M%S}"
    camera = f" {meta.slot} {meta.camera_name}".rstrip() if meta.slot else ""
    part = f" ({meta.part})" if meta.part > 1 else ""
    missing = f" {words}" if words else ""
    name = quote(f"{meta.session_name} {at}{camera}{part}{missing}.{suffix}", safe="")
    plain = f"genba-{at}{f'-{meta.slot}' if meta.slot else ''}{f'-{meta.part}' * (meta.part > 1)}"
    plain += f"-{len(meta.gaps)}-gaps" * bool(meta.gaps)
    return f"attachment; filename=\"{plain}.{suffix}\"; filename*=UTF-8''{name}"


_GONE = ("session.ended", "server.busy")
_DOWNLOAD = {"download": "`1`: as an attachment with a name"}
ENDPOINTS = (
    Endpoint(
        "POST",
        "/sessions/{session}/recordings",
        Action.RECORDING_START,
        "Start recording the view",
        start,
        answer=m.RecordingId,
        status=201,
        errors=(*_GONE, "recording.running", "recording.failed"),
    ),
    Endpoint(
        "POST",
        "/sessions/{session}/recordings/stop",
        Action.RECORDING_STOP,
        "Stop recording; the file becomes ready behind the scenes",
        stop,
        answer=m.RecordingId,
        errors=(*_GONE, "recording.not_running"),
    ),
    Endpoint(
        "GET",
        "/recordings",
        Action.RECORDING_READ,
        "List the recordings",
        list_all,
        answer=m.Recordings,
    ),
    Endpoint(
        "GET",
        "/recordings/{recording}",
        Action.RECORDING_READ,
        "Read what is known of a recording",
        get,
        answer=m.RecordingView,
    ),
    Endpoint(
        "GET",
        "/recordings/{recording}/file",
        Action.RECORDING_READ,
        "Fetch the file (MP4; a VP8 camera: Matroska); ranges are understood",
        get_file,
        media=MP4,
        query=_DOWNLOAD,
    ),
    Endpoint(
        "DELETE",
        "/recordings/{recording}",
        Action.RECORDING_ERASE,
        "Erase a recording for good; of the view: with its cameras' files",
        erase,
        status=204,
        errors=("recording.running",),
    ),
    Endpoint(
        "POST",
        "/sessions/{session}/stills",
        Action.STILL_TAKE,
        "Take a still of the view or of one camera",
        take_still,
        body=m.NewStill,
        answer=m.NewStillView,
        status=201,
        errors=(*_GONE, "still.no_picture"),
    ),
    Endpoint(
        "GET",
        "/sessions/{session}/stills",
        Action.STILL_READ,
        "List a session's stills",
        list_stills,
        answer=m.Stills,
    ),
    Endpoint(
        "GET",
        "/stills/{still}/file",
        Action.STILL_READ,
        "Fetch a still (JPEG)",
        get_still,
        media=JPEG,
        query=_DOWNLOAD,
    ),
)

"""A plugin that writes down what it is told, and has routes, texts and a page of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from genba.api import PAGES, Check, Finding, Grade, hookimpl

if TYPE_CHECKING:
    from genba.api import CameraInfo, EndReason, RecordingInfo, SessionInfo

told: asyncio.Queue[tuple[object, ...]] = asyncio.Queue()


async def page(request: web.Request) -> web.Response:
    return request.app[PAGES].render(
        request,
        "error.html",
        {
            "code": "x",
            "title": "<b>",
            "advice": "",
            "status": 200,
            "request_id": "",
        },
    )


async def act(request: web.Request) -> web.Response:
    return web.json_response(await request.json())


async def link(request: web.Request) -> web.Response:
    view = await request.app[PAGES].guest(request, request.match_info["ticket"])
    return web.json_response({"title": view["title"], "id": view["id"]})


@hookimpl
def genba_routes() -> list[web.AbstractRouteDef]:
    return [web.get("/page", page), web.post("/act", act), web.get("/v/{ticket}", link)]


@hookimpl
def genba_frame_ancestors() -> list[str]:
    return ["https://teams.microsoft.com"]


@hookimpl
def genba_checks() -> list[Check]:
    async def good() -> Finding:
        return Finding(Grade.GOOD, "well")

    async def bad() -> Finding:
        raise OSError("gone")

    return [Check("good", good), Check("bad", bad)]


@hookimpl
def genba_session_started(session: SessionInfo) -> None:
    told.put_nowait(("started", session.id))


@hookimpl
async def genba_session_ended(session: SessionInfo, reason: EndReason) -> None:
    await told.put(("ended", session.id, reason))


@hookimpl
def genba_camera_joined(session: SessionInfo, camera: CameraInfo) -> None:
    told.put_nowait(("joined", session.id, camera.id, camera.slot, camera.name))


@hookimpl
def genba_camera_left(session: SessionInfo, camera: CameraInfo, reason: EndReason) -> None:
    told.put_nowait(("left", session.id, camera.id, reason))


@hookimpl
def genba_recording_stored(recording: RecordingInfo) -> None:
    told.put_nowait(("stored", recording.id, recording.session, recording.seconds))

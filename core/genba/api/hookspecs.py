"""Every hook. Sync hooks return objects; only the told ones may be coroutine functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from aiohttp import web

    from genba.api.check import Check
    from genba.api.events import CameraInfo, EndReason, RecordingInfo, SessionInfo
    from genba.api.job import Job
    from genba.api.publisher import Publisher
    from genba.api.setting import Setting

NAME = "genba"
hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
def genba_settings() -> list[Setting]:
    """Return the settings that this plugin adds. Asked once, first of all; no I/O."""
    raise NotImplementedError


@hookspec
def genba_publishers(settings: Mapping[str, object]) -> list[Publisher]:
    """Return the publishers. Asked once in each process; no I/O."""
    raise NotImplementedError


@hookspec
def genba_routes(settings: Mapping[str, object]) -> list[web.AbstractRouteDef]:
    """Return routes, mounted under ``/plugins/<name>/``; no I/O.

    One plugin may also claim ``/v/{ticket}``, the page behind a link.
    """
    raise NotImplementedError


@hookspec
def genba_frame_ancestors(settings: Mapping[str, object]) -> list[str]:
    """Return the origins that may frame this plugin's own pages, and no others."""
    raise NotImplementedError


@hookspec
def genba_jobs(settings: Mapping[str, object]) -> list[Job]:
    """Return work for the web process to do from time to time."""
    raise NotImplementedError


@hookspec
def genba_checks(settings: Mapping[str, object]) -> list[Check]:
    """Return questions for `genba doctor` and the health page."""
    raise NotImplementedError


@hookspec
def genba_session_started(session: SessionInfo) -> Awaitable[None] | None:
    """Hear that a session has opened. May be ``async def``; five seconds, alone."""
    raise NotImplementedError


@hookspec
def genba_session_ended(session: SessionInfo, reason: EndReason) -> Awaitable[None] | None:
    """Hear that a session has ended. May be ``async def``; five seconds, alone."""
    raise NotImplementedError


@hookspec
def genba_camera_joined(session: SessionInfo, camera: CameraInfo) -> Awaitable[None] | None:
    """Hear that a camera's first picture is there. May be ``async def``; five seconds, alone."""
    raise NotImplementedError


@hookspec
def genba_camera_left(
    session: SessionInfo, camera: CameraInfo, reason: EndReason
) -> Awaitable[None] | None:
    """Hear that a camera's link has ended. May be ``async def``; five seconds, alone."""
    raise NotImplementedError


@hookspec
def genba_recording_stored(recording: RecordingInfo) -> Awaitable[None] | None:
    """Hear that an MP4 is ready to play. May be ``async def``; five seconds, alone."""
    raise NotImplementedError

"""Each hook as a plugin sees it: its arguments, what comes of its answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from genba.api import (
    CameraInfo,
    Check,
    EndReason,
    Finding,
    Grade,
    Job,
    RecordingInfo,
    SessionInfo,
    Setting,
    hookspecs,
)
from tests.kit.plugin import nothing
from tests.kit.view import NOW

if TYPE_CHECKING:
    from tests.kit.plugin import Workshop

SESSION = SessionInfo("s1", "default", "現場", NOW)
CAMERA = CameraInfo("c1", 2, "入口")
RECORDING = RecordingInfo("r1", "s1", 12.5, 4711, NOW)


def of(plugin: str) -> dict[str, object]:
    return {"word": f"for {plugin}"}


def test_every_hook_has_its_test() -> None:
    hooks = {name for name in vars(hookspecs) if name.startswith("genba_")}
    tests = {name.removeprefix("test_hook_") for name in globals() if "test_hook_" in name}
    assert tests == hooks


def test_hook_genba_settings(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        @hookimpl
        def genba_settings():
            return [Setting("word", "x", "A word.")]
        """,
    )
    assert workshop.load().settings() == {"one": [Setting("word", "x", "A word.")]}


def test_hook_genba_publishers(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        class Wall:
            def __init__(self, word):
                self.word = word
                self.info = PublisherInfo("wall", "kind", "desktop")
            def recognises(self, destination):
                return destination.text == self.word
            def publish(self, view, destination):
                raise PublishError("wall.away", "away")

        @hookimpl
        def genba_publishers(settings):
            return [Wall(settings["word"])]
        """,
    )
    plugins = workshop.load()
    publisher = plugins.publishers(of)["wall"]
    assert publisher.recognises(workshop.module("one").Destination("for one"))
    assert list(plugins.publishers_by_plugin(of)) == ["one"]


async def test_hook_genba_routes(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        @hookimpl
        def genba_routes(settings):
            async def page(request):
                return web.Response(text=settings["word"])
            return [web.get("/page", page)]
        """,
    )
    (route,) = workshop.load().routes(of)["one"]
    assert isinstance(route, web.RouteDef)
    assert (route.method, route.path) == ("GET", "/page")
    answer: Any = await route.handler(None)  # type: ignore[arg-type]  # it takes any request
    assert answer.text == "for one"


def test_hook_genba_frame_ancestors(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        @hookimpl
        def genba_frame_ancestors(settings):
            return ["https://teams.microsoft.com", "https://*.cloud.microsoft"]
        """,
    )
    assert workshop.load().frame_ancestors(of) == {
        "one": ["https://teams.microsoft.com", "https://*.cloud.microsoft"]
    }


async def test_hook_genba_jobs(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        ran = []

        @hookimpl
        def genba_jobs(settings):
            async def run():
                ran.append(settings["word"])
            return [Job("sweep", timedelta(hours=1), run)]
        """,
    )
    (job,) = workshop.load().jobs(of)["one"]
    assert isinstance(job, Job)
    assert job.every == timedelta(hours=1)
    await job.run()
    assert workshop.module("one").ran == ["for one"]


async def test_hook_genba_checks(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        @hookimpl
        def genba_checks(settings):
            async def run():
                return Finding(Grade.WARN, settings["word"], "cure")
            return [Check("sign", run)]
        """,
    )
    (check,) = workshop.load().checks(of)["one"]
    assert isinstance(check, Check)
    assert await check.run() == Finding(Grade.WARN, "for one", "cure")


TOLD = """
heard = []

@hookimpl
async def {hook}({arguments}):
    await asyncio.sleep(0)
    heard.append(({arguments},))
"""


async def test_hook_genba_session_started(workshop: Workshop) -> None:
    workshop.write("one", TOLD.format(hook="genba_session_started", arguments="session"))
    await workshop.load().session_started(SESSION)
    assert workshop.module("one").heard == [(SESSION,)]


async def test_hook_genba_session_ended(workshop: Workshop) -> None:
    workshop.write("one", TOLD.format(hook="genba_session_ended", arguments="session, reason"))
    await workshop.load().session_ended(SESSION, EndReason.STOPPED)
    assert workshop.module("one").heard == [(SESSION, EndReason.STOPPED)]


async def test_hook_genba_camera_joined(workshop: Workshop) -> None:
    workshop.write("one", TOLD.format(hook="genba_camera_joined", arguments="session, camera"))
    await workshop.load().camera_joined(SESSION, CAMERA)
    assert workshop.module("one").heard == [(SESSION, CAMERA)]


async def test_hook_genba_camera_left(workshop: Workshop) -> None:
    workshop.write(
        "one", TOLD.format(hook="genba_camera_left", arguments="session, camera, reason")
    )
    await workshop.load().camera_left(SESSION, CAMERA, EndReason.LOST)
    assert workshop.module("one").heard == [(SESSION, CAMERA, EndReason.LOST)]


async def test_hook_genba_recording_stored(workshop: Workshop) -> None:
    workshop.write("one", TOLD.format(hook="genba_recording_stored", arguments="recording"))
    await workshop.load().recording_stored(RECORDING)
    assert workshop.module("one").heard == [(RECORDING,)]


async def test_a_told_hook_may_be_plain_and_take_fewer_arguments(workshop: Workshop) -> None:
    workshop.write(
        "one",
        """
        heard = []

        @hookimpl
        def genba_camera_left(reason, session):
            heard.append((reason, session))
        """,
    )
    await workshop.load().camera_left(SESSION, CAMERA, EndReason.LOST)
    assert workshop.module("one").heard == [(EndReason.LOST, SESSION)]


@pytest.mark.parametrize("ask", ["publishers", "routes", "frame_ancestors", "jobs", "checks"])
def test_a_plugin_need_not_answer(workshop: Workshop, ask: str) -> None:
    workshop.write("one", "")
    plugins = workshop.load()
    assert getattr(plugins, ask)(nothing) == {}
    assert plugins.broken == {}

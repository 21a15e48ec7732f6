"""A plugin that cannot work is reported by name, and the others serve on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from genba.api import SessionInfo
from tests.kit.plugin import nothing
from tests.kit.view import NOW

if TYPE_CHECKING:
    from tests.kit.plugin import Workshop

SESSION = SessionInfo("s1", "default", "現場", NOW)
GOOD = """
heard = asyncio.Event()

class Wall:
    info = PublisherInfo("wall", "kind", "desktop")
    def recognises(self, destination):
        return True
    def publish(self, view, destination):
        raise PublishError("wall.away", "away")

@hookimpl
def genba_settings():
    return [Setting("word", "", "A word.")]

@hookimpl
def genba_publishers():
    return [Wall()]

@hookimpl
def genba_session_started(session):
    heard.set()
"""
AT_LOAD = {
    "a missing package": ("import package_that_nobody_has", "package_that_nobody_has"),
    "a fault of its own": ("1 / 0", "ZeroDivisionError"),
    "a syntax error": ("def", "SyntaxError"),
    "a polite refusal": ("raise PluginUnavailableError('needs Windows')", "needs Windows"),
    "an exit": ("raise SystemExit(3)", "SystemExit"),
    "an unknown hook": (
        """
        @hookimpl
        def genba_sesion_started(session): ...
        """,
        "genba_sesion_started",
    ),
    "a wrong argument": (
        """
        @hookimpl
        def genba_session_started(sesion): ...
        """,
        "sesion",
    ),
    "a coroutine where objects are wanted": (
        """
        @hookimpl
        async def genba_publishers(settings): return []
        """,
        "genba_publishers must not be async",
    ),
    "a forgotten mark": (
        """
        def genba_publishers(settings): return []
        """,
        "genba_publishers is not marked",
    ),
    "a wrapper": (
        """
        @hookimpl(wrapper=True)
        def genba_session_started(session): return (yield)
        """,
        "must not be a wrapper",
    ),
}
WHEN_ASKED = {
    "raises": ("1 / 0", "ZeroDivisionError"),
    "raises an exit": ("raise SystemExit", "SystemExit"),
    "no list": ("return None", "NoneType, not a list"),
    "one without a list": ("return Good()", "Good, not a list"),
    "a coroutine": ("return later()", "coroutine, not a list"),
    "no publisher": ("return ['wall']", "AttributeError"),
    "whose info raises": ("return [Raising()]", "RuntimeError: no info today"),
    "whose info is none": ("return [Good(info=None)]", "not a PublisherInfo"),
    "whose kind is no word": ("return [Good(kind='../x')]", "plain kind"),
    "without publish": ("return [Good(publish=None)]", "bad.publish is no plain function"),
    "with an async publish": ("return [Good(publish=later)]", "bad.publish is no plain function"),
    "of a kind that is there": ("return [Good(kind='wall')]", "wall is there already"),
    "twice": ("return [Good(), Good()]", "bad is there already"),
}
PUBLISHER = """
async def later(*_):
    return []

class Good:
    def __init__(self, **what):
        kind = what.pop("kind", "bad")
        self.info = PublisherInfo(kind, "kind", "link")
        self.recognises = lambda destination: False
        self.publish = lambda view, destination: None
        vars(self).update(what)

class Raising:
    @property
    def info(self):
        raise RuntimeError("no info today")

@hookimpl
def genba_publishers(settings):
    {body}
"""


async def serves(workshop: Workshop, plugins: object) -> bool:
    from genba.plugins import Plugins

    assert isinstance(plugins, Plugins)
    kinds = list(plugins.publishers(nothing))
    await plugins.session_started(SESSION)
    heard: asyncio.Event = workshop.module("good").heard
    return kinds == ["wall"] and heard.is_set() and "word" in str(plugins.settings()["good"])


@pytest.mark.parametrize("case", AT_LOAD)
async def test_one_that_cannot_load(
    workshop: Workshop, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    source, reason = AT_LOAD[case]
    workshop.write("bad", source)
    workshop.write("good", GOOD)
    plugins = workshop.load()
    assert list(plugins.broken) == ["bad"]
    assert reason in plugins.broken["bad"]
    assert "plugin bad is off" in caplog.text
    assert list(plugins.modules) == ["good"]
    assert await serves(workshop, plugins)


async def test_one_that_is_not_there(workshop: Workshop) -> None:
    workshop.enter("bad", "module_that_nobody_has")
    workshop.enter("worse", "asyncio:nothing_of_this_name")
    workshop.write("good", GOOD)
    plugins = workshop.load()
    assert list(plugins.broken) == ["bad", "worse"]
    assert await serves(workshop, plugins)


@pytest.mark.parametrize("case", WHEN_ASKED)
async def test_a_publisher(workshop: Workshop, case: str) -> None:
    body, reason = WHEN_ASKED[case]
    workshop.write("good", GOOD)
    workshop.write("late", PUBLISHER.format(body=body))
    plugins = workshop.load()
    assert plugins.broken == {}
    assert list(plugins.publishers(nothing)) == ["wall"]
    assert reason in plugins.broken["late"]
    assert list(plugins.modules) == ["good"]
    assert await serves(workshop, plugins)


@pytest.mark.parametrize(
    ("hook", "answer", "ask"),
    [
        ("genba_settings()", "['word']", "settings"),
        ("genba_settings()", "[Setting('a.b', '', '')]", "settings"),
        ("genba_routes(settings)", "['/page']", "routes"),
        ("genba_frame_ancestors(settings)", "[\"'self'; script-src *\"]", "frame_ancestors"),
        (
            "genba_frame_ancestors(settings)",
            "['https://a.example\\nX: 1']",
            "frame_ancestors",
        ),
        ("genba_frame_ancestors(settings)", "['*']", "frame_ancestors"),
        ("genba_jobs(settings)", "[Job('x', timedelta(0), None)]", "jobs"),
        ("genba_jobs(settings)", "[None]", "jobs"),
        ("genba_checks(settings)", "[print]", "checks"),
    ],
)
def test_an_answer_of_another_shape(workshop: Workshop, hook: str, answer: str, ask: str) -> None:
    workshop.write("bad", f"@hookimpl\ndef {hook}:\n    return {answer}\n")
    plugins = workshop.load()
    asked = getattr(plugins, ask)
    assert (asked() if ask == "settings" else asked(nothing)) == {}
    assert "bad" in plugins.broken
    assert plugins.modules == {}


@pytest.mark.parametrize("name", ["view", "server", "Upper", "a-b", "", "../x", "x" * 40])
def test_a_name_that_cannot_be(workshop: Workshop, name: str) -> None:
    workshop.write(name, GOOD, module="made_good")
    plugins = workshop.load()
    assert plugins.broken == {name: "this name cannot be a plugin's"}
    assert plugins.modules == {}


def test_a_name_that_is_taken(workshop: Workshop) -> None:
    workshop.write("good", GOOD)
    workshop.write("good", GOOD, module="made_other")
    workshop.write("good", GOOD)
    plugins = workshop.load()
    assert list(plugins.modules) == ["good"]
    assert plugins.broken == {"good (made_other)": "the name is taken"}


def test_one_that_is_off_is_not_imported(workshop: Workshop) -> None:
    workshop.write("bad", "raise SystemExit")
    workshop.write("good", GOOD)
    plugins = workshop.load(off=("bad",))
    assert plugins.broken == {}
    assert list(plugins.modules) == ["good"]


async def test_a_raising_listener_silences_nobody(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    for name, body in (("bad", "1 / 0"), ("worse", "raise SystemExit")):
        workshop.write(name, f"@hookimpl\nasync def genba_session_started(session):\n    {body}\n")
    workshop.write("good", GOOD)
    plugins = workshop.load()
    await plugins.session_started(SESSION)
    assert workshop.module("good").heard.is_set()
    assert "plugin bad failed in genba_session_started" in caplog.text
    assert "plugin worse failed in genba_session_started" in caplog.text
    assert plugins.broken == {}


async def test_a_slow_listener_is_cut_off(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.write(
        "bad",
        """
        cut = False

        @hookimpl
        async def genba_session_started(session):
            global cut
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cut = True
                raise
        """,
    )
    workshop.write("good", GOOD)
    plugins = workshop.load(patience=0.05)
    async with asyncio.timeout(5):
        await plugins.session_started(SESSION)
    assert workshop.module("bad").cut
    assert workshop.module("good").heard.is_set()
    assert "genba_session_started:bad took too long" in caplog.text


async def test_a_deaf_listener_holds_nobody_up(
    workshop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    workshop.write(
        "bad",
        """
        release = asyncio.Event()

        @hookimpl
        async def genba_session_started(session):
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    pass
        """,
    )
    plugins = workshop.load(patience=0.05)
    async with asyncio.timeout(5):
        await plugins.session_started(SESSION)
    assert "genba_session_started:bad does not stop" in caplog.text
    workshop.module("bad").release.set()
    async with asyncio.timeout(5):
        await asyncio.gather(
            *(t for t in asyncio.all_tasks() if t.get_name() == "genba_session_started:bad")
        )


async def test_who_waits_may_be_cancelled(workshop: Workshop) -> None:
    workshop.write(
        "slow",
        """
        heard, cut = asyncio.Event(), asyncio.Event()

        @hookimpl
        async def genba_session_started(session):
            heard.set()
            try:
                await asyncio.Event().wait()
            finally:
                cut.set()
        """,
    )
    plugins = workshop.load()
    telling = asyncio.create_task(plugins.session_started(SESSION), name="telling")
    async with asyncio.timeout(5):
        await workshop.module("slow").heard.wait()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await workshop.module("slow").cut.wait()
    assert telling.cancelled()


async def test_who_holds_the_loop_is_named(
    workshop: Workshop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genba.plugins.HOLD", -1.0)
    workshop.write("good", GOOD)
    await workshop.load().session_started(SESSION)
    assert "plugin good held the event loop" in caplog.text

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from genba.api import Destination, EndReason, PublicationState, PublisherInfo, PublishError
from genba.clock import SystemClock
from genba.errors import GenbaError
from genba.session.publishing import publications as publications_module
from genba.session.publishing.publications import KEPT, Publications, recognise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.api import Publication, Publisher, View
    from genba.session.publishing.ownview import OwnView

VIEW = cast("OwnView", SimpleNamespace(made=[], let_go=lambda: None))  # handed on
TOMORROW = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class Shown:
    """A publication in a test's hands."""

    join_url: str | None = "https://genba.example/v/x"
    meeting_url: str | None = None
    share_url: str | None = "https://genba.example/v/x?clean=1"
    state: PublicationState = PublicationState.WAITING
    viewers: int = 0
    expires: datetime = TOMORROW
    end: asyncio.Event = field(default_factory=asyncio.Event)
    left: bool = False

    async def wait_ended(self) -> EndReason:
        await self.end.wait()
        return EndReason.EXPIRED


class Good:
    info = PublisherInfo("good", "label", "icon.svg")

    def __init__(self) -> None:
        self.shown: list[Shown] = []
        self.seen: list[tuple[View, Destination]] = []

    def recognises(self, destination: Destination) -> bool:
        return destination.text.startswith("https://good.example/")

    @asynccontextmanager
    async def publish(self, view: View, destination: Destination) -> AsyncIterator[Publication]:
        shown = Shown()
        self.shown.append(shown)
        self.seen.append((view, destination))
        try:
            yield shown
        finally:
            shown.left = True


class Refused(Good):
    info = PublisherInfo("refused", "label", "icon.svg")

    @asynccontextmanager
    async def publish(
        self,
        view: View,  # noqa: ARG002 (the protocol's)
        destination: Destination,
    ) -> AsyncIterator[Publication]:
        if destination.text != "come in":
            raise PublishError("meeting.refused", "refused.by_host")
        yield Shown()


class Broken(Good):
    """Breaks where it is told to."""

    info = PublisherInfo("broken", "label", "icon.svg")

    def recognises(self, destination: Destination) -> bool:
        raise ValueError(destination.text)

    @asynccontextmanager
    async def publish(
        self,
        view: View,  # noqa: ARG002 (the protocol's)
        destination: Destination,
    ) -> AsyncIterator[Publication]:
        if destination.text == "entry":
            raise RuntimeError("bang")
        if destination.text == "busy":
            raise GenbaError("server.busy")
        yield BrokenShown(destination.text)
        if destination.text == "exit":
            raise RuntimeError("bang")


class BrokenShown(Shown):
    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    async def wait_ended(self) -> EndReason:
        if self.where == "wait":
            raise RuntimeError("bang")
        return await super().wait_ended()

    def __getattribute__(self, name: str) -> object:
        if name == "viewers" and self.where == "read":
            raise RuntimeError("bang")
        return super().__getattribute__(name)


class Desk:
    def __init__(self) -> None:
        self.changes = 0
        self.publications = Publications(lambda _: VIEW, SystemClock(), self._changed)
        self._came = asyncio.Event()

    def _changed(self) -> None:
        self.changes += 1
        self._came.set()

    async def ended(self, name: str) -> str | None:
        """Return why, once it is over."""
        async with asyncio.timeout(5):
            while True:
                info = next(i for i in self.publications.list() if i.id == name)
                if info.state == "ended":
                    return info.reason
                self._came.clear()
                await self._came.wait()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    await desk.publications.close()


async def test_what_is_published_is_told(desk: Desk) -> None:
    good = Good()
    info = await desk.publications.start(good, Destination("hello", {"minutes": "30"}))
    assert good.seen == [(VIEW, Destination("hello", {"minutes": "30"}))]
    assert (info.kind, info.state, info.expires) == ("good", "waiting", TOMORROW)
    assert (info.join_url, info.share_url) == (good.shown[0].join_url, good.shown[0].share_url)
    assert desk.changes >= 2
    good.shown[0].state, good.shown[0].viewers = PublicationState.ON_AIR, 3
    (now,) = desk.publications.list()
    assert (now.state, now.viewers, now.since) == ("on_air", 3, info.since)


async def test_stopped_its_publisher_has_left(desk: Desk) -> None:
    good = Good()
    info = await desk.publications.start(good, Destination())
    changes = desk.changes
    await desk.publications.stop(info.id)
    assert good.shown[0].left
    assert desk.changes > changes
    (now,) = desk.publications.list()
    assert (now.state, now.reason, now.error) == ("ended", "stopped", None)
    assert now.join_url is None
    await desk.publications.stop(info.id)
    with pytest.raises(GenbaError, match=r"publication\.unknown"):
        await desk.publications.stop("never")


async def test_it_may_end_by_itself(desk: Desk) -> None:
    good = Good()
    info = await desk.publications.start(good, Destination())
    good.shown[0].end.set()
    assert await desk.ended(info.id) == "expired"
    assert good.shown[0].left


async def test_a_refusal_says_why_in_the_plugins_words(desk: Desk) -> None:
    info = await desk.publications.start(Refused(), Destination())
    assert (info.state, info.reason, info.error) == ("ended", "failed", "refused.by_host")


@pytest.mark.parametrize("where", ["entry", "wait", "exit", "read"])
async def test_a_broken_publisher_ends_alone(
    desk: Desk, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    good = Good()
    other = await desk.publications.start(good, Destination())
    with caplog.at_level(logging.ERROR):
        info = await desk.publications.start(Broken(), Destination(where))
        if where == "exit":
            await desk.publications.stop(info.id)
        assert await desk.ended(info.id) == "failed"
    ended = next(i for i in desk.publications.list() if i.id == info.id)
    assert ended.error == "error.publication.failed.title"
    assert "bang" in caplog.text
    assert next(i for i in desk.publications.list() if i.id == other.id).state == "waiting"
    assert not good.shown[0].left


async def test_the_houses_own_refusal_is_said_in_its_words(desk: Desk) -> None:
    info = await desk.publications.start(Broken(), Destination("busy"))
    assert (info.state, info.error) == ("ended", "error.server.busy.title")


async def test_one_that_takes_its_time_is_preparing_and_can_be_stopped(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publications_module, "ENTRY", 0.02)

    class Slow(Good):
        @asynccontextmanager
        async def publish(
            self,
            view: View,  # noqa: ARG002 (the protocol's)
            destination: Destination,  # noqa: ARG002 (the protocol's)
        ) -> AsyncIterator[Publication]:
            await asyncio.Event().wait()
            yield Shown()

    info = await desk.publications.start(Slow(), Destination())
    assert info.state == "preparing"
    await desk.publications.stop(info.id)
    assert await desk.ended(info.id) == "stopped"


async def test_one_that_does_not_leave_is_cancelled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publications_module, "EXIT", 0.02)

    class Sticky(Good):
        @asynccontextmanager
        async def publish(
            self,
            view: View,  # noqa: ARG002 (the protocol's)
            destination: Destination,  # noqa: ARG002 (the protocol's)
        ) -> AsyncIterator[Publication]:
            yield Shown()
            await asyncio.Event().wait()

    info = await desk.publications.start(Sticky(), Destination())
    await desk.publications.stop(info.id)
    assert await desk.ended(info.id) == "stopped"


async def test_the_end_of_the_session_ends_all() -> None:
    desk, good = Desk(), Good()
    for _ in range(3):
        await desk.publications.start(good, Destination())
    await desk.publications.close()
    assert all(shown.left for shown in good.shown)
    assert [i.reason for i in desk.publications.list()] == ["session_ended"] * 3
    with pytest.raises(GenbaError, match=r"session\.ended"):
        await desk.publications.start(good, Destination())


async def test_one_cancelled_before_its_first_step_is_over(desk: Desk) -> None:
    starting = asyncio.create_task(desk.publications.start(Good(), Destination()))
    await asyncio.sleep(0)
    await desk.publications.stop(desk.publications.list()[0].id)
    info = await starting
    assert (info.state, info.reason) == ("ended", "stopped")


async def test_the_last_ended_ones_are_kept_and_those_at_once_bounded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(KEPT + 5):
        await desk.publications.start(Refused(), Destination())
    assert len(desk.publications.list()) == KEPT
    monkeypatch.setattr(publications_module, "MOST", 2)
    for _ in range(2):
        await desk.publications.start(Good(), Destination())
    with pytest.raises(GenbaError, match=r"server\.busy"):
        await desk.publications.start(Good(), Destination())


def test_a_pasted_link_finds_its_publisher(caplog: pytest.LogCaptureFixture) -> None:
    good = Good()
    publishers: dict[str, Publisher] = {"broken": Broken(), "good": good}
    assert recognise(publishers, "https://good.example/j/1") is good
    assert "could not look at a link" in caplog.text
    with pytest.raises(GenbaError, match=r"destination\.unknown"):
        recognise(publishers, "https://elsewhere.example/")

"""A link in a publication's words."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from genba.api import (
    MINUTES,
    Destination,
    EndReason,
    PublicationState,
    PublishError,
    lifetime,
    link_publication,
)
from tests.kit.view import NOW, made

WAITING, ON_AIR, ENDED = (
    PublicationState.WAITING,
    PublicationState.ON_AIR,
    PublicationState.ENDED,
)


@pytest.mark.parametrize(
    ("asked", "minutes"), [("", 60), ("1", 1), ("30", 30), ("240", 240), ("1440", 1440)]
)
def test_a_lifetime(asked: str, minutes: int) -> None:
    assert lifetime(Destination(options={"minutes": asked})) == timedelta(minutes=minutes)


def test_the_lifetime_that_nobody_asked_for() -> None:
    assert lifetime(Destination()) == timedelta(minutes=60)


@pytest.mark.parametrize("choice", MINUTES.choices)
def test_each_choice_of_the_form(choice: str) -> None:
    assert lifetime(Destination(options={"minutes": choice})) == timedelta(minutes=int(choice))


@pytest.mark.parametrize(
    "asked", ["0", "1441", "-5", "1.5", "abc", " 30", "٣٠", "²", "9" * 5000, "1e3", "0x10"]
)
def test_a_lifetime_that_cannot_be(asked: str) -> None:
    with pytest.raises(PublishError) as raised:
        lifetime(Destination(options={"minutes": asked}))
    assert (raised.value.code, raised.value.text) == ("request.invalid", "minutes.wrong")


async def test_it_waits_is_on_air_and_waits_again() -> None:
    view, links = made()
    async with link_publication(view, "browser", Destination()) as publication:
        (link,) = links
        assert link.purpose == "browser"
        assert publication.state is WAITING
        link.viewers = 2
        assert (publication.state, publication.viewers) == (WAITING, 2)
        link.shown = True
        assert publication.state is ON_AIR
        link.shown = False
        assert publication.state is WAITING


async def test_leaving_revokes() -> None:
    view, links = made()
    async with link_publication(view, "browser", Destination()) as publication:
        links[0].shown, links[0].viewers = True, 3
        waiting = asyncio.create_task(publication.wait_ended(), name="waiting")
    async with asyncio.timeout(5):
        assert await waiting is EndReason.STOPPED
    assert (publication.state, publication.viewers) == (ENDED, 0)


async def test_a_failure_revokes_too() -> None:
    view, links = made()
    with pytest.raises(RuntimeError):
        async with link_publication(view, "browser", Destination()):
            raise RuntimeError
    assert links[0].ended.done()


async def test_it_expires() -> None:
    view, links = made()
    async with link_publication(view, "browser", Destination()) as publication:
        links[0].expire()
        async with asyncio.timeout(5):
            assert await publication.wait_ended() is EndReason.EXPIRED
        assert publication.state is ENDED


async def test_its_addresses() -> None:
    view, links = made()
    async with link_publication(view, "browser", Destination()) as publication:
        assert publication.join_url == links[0].url
        assert publication.share_url == f"{links[0].url}?clean=1"
        assert publication.meeting_url is None
        assert publication.expires == NOW + timedelta(minutes=60)
    async with link_publication(
        view, "teams", Destination(), meeting_url="https://m.example"
    ) as publication:
        assert publication.join_url is None
        assert publication.share_url == f"{links[1].url}?clean=1"
        assert publication.meeting_url == "https://m.example"


async def test_no_link_is_made_for_a_wrong_lifetime() -> None:
    view, links = made()
    with pytest.raises(PublishError):
        async with link_publication(view, "browser", Destination(options={"minutes": "x"})):
            pass
    assert links == []

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba.api import EndReason
from genba.clock import SystemClock
from genba.errors import GenbaError
from genba.session.publishing import links as links_module
from genba.session.publishing.links import Links
from genba.wire.ticket import TicketKind, key_of, read, session_of
from tests.kit.orders import KEY, order

if TYPE_CHECKING:
    from pathlib import Path

    from genba.clock import Clock

HOUR = timedelta(hours=1)


class Hands:
    """A clock set by hand."""

    def __init__(self) -> None:
        self.wall = datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
        self.seconds = 100.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.seconds


class Door:
    """Who disconnects the viewers of ended links."""

    def __init__(self, tmp_path: Path, clock: Clock) -> None:
        self.order = order(tmp_path, session="s1", base_url="https://genba.example")
        self.told: list[tuple[str, EndReason]] = []
        self.links = Links(self.order, clock, self._ended)

    async def _ended(self, name: str, reason: EndReason) -> None:
        self.told.append((name, reason))


def code(links: Links, name: str) -> str:
    with pytest.raises(GenbaError) as caught:
        links.get(name)
    return caught.value.code


async def test_a_link_is_a_guests_ticket_that_its_table_knows(tmp_path: Path) -> None:
    clock = Hands()
    door = Door(tmp_path, clock)
    link = door.links.make("browser", HOUR)
    start, _, ticket = link.url.rpartition("/")
    assert start == "https://genba.example/v"
    inside = read(key_of(KEY, session_of(ticket)), ticket, clock.now())
    assert (inside.kind, inside.session, inside.id) == (TicketKind.GUEST, "s1", link.id)
    assert link.expires == clock.now() + HOUR
    assert link.expires <= inside.expires <= link.expires + timedelta(seconds=1)
    assert door.links.get(link.id) is link
    assert link.purpose == "browser"
    assert link.id not in link.url.split(".")[0]
    assert len({door.links.make("browser", HOUR).id for _ in range(50)}) == 50
    await door.links.close()


async def test_revoked_it_ends_at_once_for_everybody(tmp_path: Path) -> None:
    door = Door(tmp_path, Hands())
    link, other = door.links.make("browser", HOUR), door.links.make("teams", HOUR)
    door.links.opened(link.id)
    door.links.watching(link.id)
    assert link.shown
    link.revoke()
    link.revoke()
    assert await link.wait_ended() is EndReason.STOPPED
    assert not link.shown
    assert code(door.links, link.id) == "ticket.revoked"
    assert door.links.get(other.id) is other
    await door.links.close()
    assert door.told == [(link.id, EndReason.STOPPED), (other.id, EndReason.SESSION_ENDED)]
    assert await other.wait_ended() is EndReason.SESSION_ENDED


async def test_unknown_links_answer_like_revoked_ones(tmp_path: Path) -> None:
    door = Door(tmp_path, Hands())
    assert code(door.links, "never-made") == "ticket.revoked"
    door.links.opened("never-made")
    door.links.watching("never-made")
    door.links.closed("never-made")


async def test_it_expires_by_itself(tmp_path: Path) -> None:
    door = Door(tmp_path, SystemClock())
    link = door.links.make("browser", timedelta(milliseconds=50))
    async with asyncio.timeout(5):
        assert await link.wait_ended() is EndReason.EXPIRED
    await door.links.close()
    assert door.told == [(link.id, EndReason.EXPIRED)]


async def test_the_clock_on_the_wall_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links_module, "LOOK_AGAIN", 0.02)
    clock = Hands()
    door = Door(tmp_path, clock)
    asked, watched = door.links.make("browser", HOUR), door.links.make("browser", HOUR)
    await asyncio.sleep(0.1)  # looked at several times: it is not yet time
    assert door.links.get(asked.id) is asked
    clock.wall += HOUR
    assert code(door.links, asked.id) == "ticket.expired"
    async with asyncio.timeout(5):
        assert await watched.wait_ended() is EndReason.EXPIRED
    await door.links.close()


async def test_viewers_are_counted_and_shown_is_never_a_hope(tmp_path: Path) -> None:
    clock = Hands()
    door = Door(tmp_path, clock)
    link = door.links.make("browser", HOUR)
    assert (link.viewers, link.shown) == (0, False)
    door.links.opened(link.id)
    door.links.opened(link.id)
    assert (link.viewers, link.shown) == (2, False)
    door.links.watching(link.id)
    clock.seconds += 3
    assert link.shown
    clock.seconds += 0.1
    assert not link.shown
    for _ in range(3):
        door.links.closed(link.id)
    assert link.viewers == 0
    await door.links.close()


async def test_a_callback_that_fails_is_logged_and_the_rest_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []

    async def ended(name: str, reason: EndReason) -> None:
        told.append(name)
        if len(told) == 1:
            raise RuntimeError(reason)

    links = Links(order(tmp_path), Hands(), ended)
    for _ in range(3):
        links.make("browser", HOUR)
    await links.close()
    assert len(told) == 3
    assert "could not be disconnected" in caplog.text


async def test_links_are_bounded_and_end_with_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links_module, "MOST", 3)
    door = Door(tmp_path, Hands())
    made = [door.links.make("browser", HOUR) for _ in range(3)]
    with pytest.raises(GenbaError, match=r"server\.busy"):
        door.links.make("browser", HOUR)
    made[0].revoke()
    door.links.make("browser", HOUR)
    await door.links.close()
    with pytest.raises(GenbaError, match=r"session\.ended"):
        door.links.make("browser", HOUR)

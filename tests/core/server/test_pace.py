"""How often somebody may knock, and who must never notice that there is a limit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from genba.errors import GenbaError
from genba.server.http import pace
from genba.server.http.pace import PER_ADDRESS, PER_BEARER, PER_LINK, WINDOW, Pace
from genba.server.identity.actor import Actor, ActorKind
from genba.wire.ticket import TicketKind
from tests.kit.house import house
from tests.kit.orders import ticket

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SDP = {"Content-Type": "application/sdp"}
CAMERA = Actor(ActorKind.CAMERA, session="s", id="c")
GUEST = Actor(ActorKind.GUEST, session="s", id="g")


@pytest.fixture
async def fresh() -> AsyncIterator[Pace]:
    made = Pace()
    yield made
    await made.close()


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def test_a_camera_on_a_bad_link_comes_back_twice_a_second_for_ever(fresh: Pace) -> None:
    for _ in range(2 * WINDOW):
        for _ in range(3):  # picture, sound, control
            await fresh.from_address("192.0.2.1", "begin")
            await fresh.of_bearer(CAMERA, "begin")


async def test_a_hundred_guests_of_one_office_all_come_back_at_once(fresh: Pace) -> None:
    for _ in range(100):
        for _ in range(2 * 4):  # the view and its control, four times within ten seconds
            await fresh.from_address("192.0.2.1", "begin")
            await fresh.of_bearer(GUEST, "begin")
        for _ in range(20):
            await fresh.from_address("192.0.2.1", "go_on")
            await fresh.of_bearer(GUEST, "go_on")


async def test_one_is_limited_and_the_others_are_not(fresh: Pace) -> None:
    for _ in range(PER_BEARER["begin"]):
        await fresh.of_bearer(CAMERA, "begin")
    with pytest.raises(GenbaError) as caught:
        await fresh.of_bearer(CAMERA, "begin")
    assert caught.value.code == "rate.limited"
    await fresh.of_bearer(CAMERA, "go_on")
    await fresh.of_bearer(Actor(ActorKind.CAMERA, session="s", id="d"), "begin")


async def test_an_ipv6_network_counts_as_one(fresh: Pace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PER_ADDRESS, "begin", 2)
    await fresh.from_address("2001:db8::1", "begin")
    await fresh.from_address("2001:db8::2", "begin")
    with pytest.raises(GenbaError):
        await fresh.from_address("2001:db8::3", "begin")
    await fresh.from_address("2001:db8:0:1::3", "begin")


async def test_who_offers_too_often_is_told_when_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PER_BEARER, "begin", 3)
    monkeypatch.setitem(PER_BEARER, "go_on", 2)
    async with house(tmp_path) as h:
        session = await h.open()
        mine = bearer(ticket(TicketKind.CAMERA, session, id="c1"))
        for status in (201, 201, 201, 429, 429):
            async with h.nobody.post("/whip", data=b"v=0", headers={**mine, **SDP}) as answer:
                assert answer.status == status
                if status == 429:
                    assert answer.headers["Retry-After"] == str(pace.RETRY)
                    assert answer.headers["Access-Control-Allow-Origin"] == "*"
                    assert (await answer.json())["code"] == "rate.limited"
        other = bearer(ticket(TicketKind.CAMERA, session, id="c2"))
        async with h.nobody.post("/whip", data=b"v=0", headers={**other, **SDP}) as answer:
            assert answer.status == 201
        seen = []
        for _ in range(3):
            async with h.nobody.delete(f"/whip/{session}.peer-1", headers=mine) as answer:
                seen.append(answer.status)
        assert seen == [200, 200, 429]
        assert len(h.worker(session).asked) == 3 + 1 + 2


async def test_bad_tickets_count_for_their_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PER_ADDRESS, "begin", 3)
    async with house(tmp_path) as h:
        session = await h.open()
        seen = []
        for _ in range(4):
            async with h.nobody.post("/whep", headers=bearer("guessed")) as answer:
                seen.append(answer.status)
        assert seen == [401, 401, 401, 429]
        text = ticket(TicketKind.DESK, session)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await h.nobody.ws_connect("/control", protocols=("genba.v1", f"ticket.{text}"))
        assert refused.value.status == 429
        assert refused.value.headers is not None
        assert refused.value.headers["Retry-After"] == str(pace.RETRY)


async def test_a_page_that_connects_too_often_is_closed_with_4429(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PER_LINK, "begin", 1)
    async with house(tmp_path) as h:
        session = await h.open()
        names = ("genba.v1", f"ticket.{ticket(TicketKind.GUEST, session, id='g1')}")
        async with h.nobody.ws_connect("/control", protocols=names), asyncio.timeout(10):
            await h.worker(session).controls.get()
            async with h.nobody.ws_connect("/control", protocols=names) as second:
                async for _ in second:
                    pass
                assert second.close_code == 4429

"""Whom the web process names the TURN server to, and what with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from genba import turn
from genba.settings import Rtc, Turn
from genba.wire.ticket import TicketKind
from tests.kit.house import house
from tests.kit.orders import ticket

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.house import House

SDP = {"Content-Type": "application/sdp"}
SETTINGS: dict[str, Any] = {
    "rtc": Rtc(addresses=("192.0.2.7",)),
    "turn": Turn(program="/bin/true", public_address="turn.example"),
}
URLS = ["turn:turn.example:3478?transport=udp", "turn:turn.example:3478?transport=tcp"]


async def links(h: House, method: str, path: str, text: str) -> list[str]:
    """Return the TURN links of an answer, by a bearer of a ticket."""
    headers = {"Authorization": f"Bearer {text}", **SDP}
    async with h.nobody.request(method, path, data=b"v=0\r\n", headers=headers) as answer:
        assert answer.status in (201, 204)
        return [one for one in answer.headers.getall("Link") if "turn.example" in one]


async def good(h: House, data: Path, server: dict[str, str]) -> str:
    """Check that credentials are those of the key; return the bearer that they are for."""
    secret = await asyncio.to_thread((data / "keys" / "turn").read_text, "ascii")
    expires, _, bearer = server["username"].partition(":")
    left = int(expires) - h.services.clock.now().timestamp()
    assert 590 < left <= 600
    made = turn.mint(secret.strip(), bearer, int(expires))
    assert server["credential"] == made.password
    return bearer


async def test_whoever_has_a_ticket_gets_fresh_credentials(tmp_path: Path) -> None:
    async with house(tmp_path, **SETTINGS) as h:
        session = await h.open()
        given = await h.post(f"/sessions/{session}/ticket")
        assert [one["urls"] for one in given["ice_servers"]] == URLS
        bearer = await good(h, tmp_path, given["ice_servers"][0])
        assert bearer == h.services.tickets.read(given["ticket"]).id
        invited = await h.post(f"/sessions/{session}/invitations", name="1号")
        async with h.nobody.post("/api/v1/join", json={"code": invited["code"]}) as answer:
            joined = await answer.json()
        assert await good(h, tmp_path, joined["ice_servers"][1]) == invited["id"]
        for path in ("/whip", "/whep"):
            for method in ("POST", "OPTIONS"):
                found = await links(h, method, path, given["ticket"])
                assert len(found) == len(URLS)
                assert f':{bearer}"; credential="' in found[0]


async def test_guests_of_one_link_share_its_quotas(tmp_path: Path) -> None:
    async with house(tmp_path, **SETTINGS) as h:
        session = await h.open()
        guest = ticket(TicketKind.GUEST, session)
        name = h.services.tickets.read(guest).id
        found = await links(h, "POST", "/whep", guest)
        assert f":{name}." in found[0]


async def test_strangers_and_tests_get_none(tmp_path: Path) -> None:
    async with house(tmp_path, **SETTINGS) as h:
        session = await h.open()
        assert await links(h, "OPTIONS", "/whip", ticket(TicketKind.TEST, session)) == []
        async with h.nobody.options("/whip") as answer:
            assert "Link" not in answer.headers


async def test_ready_says_how_it_does(tmp_path: Path) -> None:
    async with house(tmp_path, **SETTINGS) as h:
        h.placement.turn_state = {"state": "failed", "why": "TCP port 3478", "restarts": 2}
        for client, wanted in (
            (h.program, h.placement.turn_state),
            (h.nobody, {"state": "failed"}),
        ):
            async with client.get("/readyz") as answer:
                assert answer.status == 200, "calls go on without it"
                assert (await answer.json())["turn"] == wanted


async def test_ready_says_why_there_is_none(tmp_path: Path) -> None:
    async with (
        house(tmp_path, turn=Turn(program="/bin/true")) as h,
        h.nobody.get("/readyz") as answer,
    ):
        assert (await answer.json())["turn"] == {"state": "off", "why": "loopback"}

"""Eight digits: made, used, limited, revoked."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from genba.errors import GenbaError
from genba.server.desk.invitations import digits
from genba.server.desk.throttle import Throttle
from genba.wire.ticket import TicketKind
from tests.kit.house import house
from tests.kit.placement import FakePlacement
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from genba.wire.state import Slot
    from tests.kit.house import House


class Hands:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def slots(h: House, session: str) -> list[Slot]:
    state = h.services.desk.state(session)
    return state.slots if state is not None else []


async def join(h: House, code: str) -> tuple[int, dict[str, Any]]:
    async with h.nobody.post("/api/v1/join", json={"code": code}) as answer:
        return answer.status, await answer.json()


async def test_an_invitation_lets_a_camera_in(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open("第2工場")
        made = await h.post(f"/sessions/{session}/invitations", name="屋上", slot=3, minutes=5)
        assert made["url"] == f"http://127.0.0.1:1/j/{made['code']}"
        assert len(made["code"]) == 9
        assert made["slot"] == 3
        status, joined = await join(h, made["code"])
        assert status == 200
        assert (joined["session"], joined["session_name"]) == (session, "第2工場")
        assert (joined["name"], joined["slot"], joined["recording"]) == ("屋上", 3, False)
        ticket = h.services.tickets.read(joined["token"])
        assert ticket.kind is TicketKind.CAMERA
        assert (ticket.id, ticket.slot, ticket.name) == (made["id"], 3, "屋上")
        assert h.services.tickets.read(made["camera_token"]).id == ticket.id
        _, again = await join(h, made["code"])
        assert h.services.tickets.read(again["token"]).id == ticket.id, "its old slot"
        listed = (await h.get(f"/sessions/{session}/invitations"))["invitations"]
        assert [one["code"] for one in listed] == [made["code"]]


async def test_the_qr_code_is_a_picture_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        svg = (await h.post(f"/sessions/{session}/invitations"))["qr_svg"]
    root = ET.fromstring(svg)  # noqa: S314 (our own)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == {"svg", "path"}
    assert not [name for element in root.iter() for name in element.attrib if name == "style"]
    assert root.get("viewBox")


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("12345678", "12345678"),
        ("1234-5678", "12345678"),
        (" 1234 5678 ", "12345678"),
        ("１２３４－５６７８", "12345678"),
        ("１２３４ー５６７８", "12345678"),
        ("1234567", ""),
        ("123456789", ""),
        ("1234567a", ""),
        ("١٢٣٤٥٦٧٨", ""),
        ("", ""),
    ],
)
def test_digits_as_people_type_them(typed: str, read: str) -> None:
    assert digits(typed) == read


async def test_wrong_old_and_revoked_codes_are_answered_alike(tmp_path: Path) -> None:
    hands = Hands()
    async with house(tmp_path, clock=hands) as h:
        session = await h.open()
        old = await h.post(f"/sessions/{session}/invitations", minutes=1)
        revoked = await h.post(f"/sessions/{session}/invitations")
        async with h.program.delete(
            f"/api/v1/sessions/{session}/invitations/{revoked['id']}"
        ) as answer:
            assert answer.status == 204
        hands.at += timedelta(minutes=1)
        answers = [await join(h, code) for code in (old["code"], revoked["code"], "0000-0000")]
        assert [status for status, _ in answers] == [404, 404, 404]
        bodies = [{**body, "request_id": ""} for _, body in answers]
        assert bodies[0] == bodies[1] == bodies[2]
        assert (await h.get(f"/sessions/{session}/invitations"))["invitations"] == []


async def test_a_revoked_invitation_ends_its_camera(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        made = await h.post(f"/sessions/{session}/invitations")
        worker.state.slots[1].camera = made["id"]
        await worker.tell()
        await until(lambda: any(slot.camera for slot in slots(h, session)))
        at = f"/api/v1/sessions/{session}/invitations/{made['id']}"
        async with h.program.delete(at) as answer:
            assert answer.status == 204
        assert worker.commands == [{"do": "end_bearer", "id": made["id"]}]
        headers = {
            "Authorization": f"Bearer {made['camera_token']}",
            "Content-Type": "application/sdp",
        }
        async with h.nobody.post("/whip", data=b"v=0", headers=headers) as answer:
            assert answer.status == 410
            assert (await answer.json())["code"] == "ticket.revoked"
        async with h.program.delete(at) as answer:
            assert answer.status == 404, "once is enough"
    assert worker.asked == []


async def test_another_sessions_invitation_cannot_be_revoked(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        mine, other = await h.open(), await h.open()
        made = await h.post(f"/sessions/{other}/invitations")
        async with h.program.delete(f"/api/v1/sessions/{mine}/invitations/{made['id']}") as answer:
            assert answer.status == 404
        assert (await join(h, made["code"]))[0] == 200


async def test_the_code_of_a_session_that_ended_says_so(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        made = await h.post(f"/sessions/{session}/invitations")
        async with h.program.delete(f"/api/v1/sessions/{session}") as answer:
            assert answer.status == 204
        status, body = await join(h, made["code"])
        assert (status, body["code"]) == (410, "session.ended")


async def test_invitations_outlive_the_web_process(tmp_path: Path) -> None:
    async with FakePlacement() as placement:
        async with house(tmp_path, placement=placement) as h:
            session = await h.open()
            made = await h.post(f"/sessions/{session}/invitations")
            gone = await h.post(f"/sessions/{session}/invitations")
            at = f"/api/v1/sessions/{session}/invitations/{gone['id']}"
            async with h.program.delete(at) as answer:
                assert answer.status == 204
        async with house(tmp_path, placement=placement) as again:
            assert (await join(again, made["code"]))[0] == 200
            assert (await join(again, gone["code"]))[0] == 404
            assert again.services.invitations.is_revoked(gone["id"])


async def test_guessing_is_slow(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        made = await h.post(f"/sessions/{session}/invitations")
        for _ in range(10):
            assert (await join(h, "0000-0000"))[0] == 404
        async with h.nobody.post("/api/v1/join", json={"code": made["code"]}) as answer:
            assert answer.status == 429, "a good code too: the answer must not tell"
            assert answer.headers["Retry-After"] == "60"
            assert (await answer.json())["code"] == "rate.limited"


async def test_all_addresses_together_are_limited_too() -> None:
    async with Throttle() as throttle:
        for n in range(60):
            await throttle.take(f"203.0.113.{n}")
        with pytest.raises(GenbaError, match=r"rate\.limited"):
            await throttle.take("198.51.100.1")


async def test_one_address_cannot_use_up_what_all_share() -> None:
    async with Throttle() as throttle:
        for n in range(100):
            if n < 10:
                await throttle.take("203.0.113.1")
            else:
                with pytest.raises(GenbaError):
                    await throttle.take("203.0.113.1")
        await throttle.take("203.0.113.2")


async def test_one_ipv6_network_is_one_household() -> None:
    async with Throttle() as throttle:
        for n in range(10):
            await throttle.take(f"2001:db8::{n}")
        with pytest.raises(GenbaError):
            await throttle.take("2001:db8::ffff")
        await throttle.take("2001:db8:0:1::1")


async def test_behind_a_proxy_the_last_hop_counts(tmp_path: Path) -> None:
    async with house(tmp_path, server={"public_url": "https://genba.example"}) as h:
        for n in range(10):
            headers = {"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.9"}
            async with h.nobody.post(
                "/api/v1/join", json={"code": "00000000"}, headers=headers
            ) as answer:
                assert answer.status == 404
        for last, status in (("203.0.113.9", 429), ("203.0.113.10", 404)):
            headers = {"X-Forwarded-For": f"1.1.1.1, {last}"}
            async with h.nobody.post(
                "/api/v1/join", json={"code": "00000000"}, headers=headers
            ) as answer:
                assert answer.status == status

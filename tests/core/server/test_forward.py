"""WHIP and WHEP through the web process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba.api import EndReason
from genba.errors import GenbaError
from genba.wire.ticket import Ticket, TicketKind, key_of, sign
from tests.kit.house import house
from tests.kit.orders import KEY, ticket
from tests.kit.until import until
from tests.kit.worker import ANSWER

if TYPE_CHECKING:
    from pathlib import Path

SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize(
    ("kind", "ticket_kind"), [("whip", TicketKind.CAMERA), ("whep", TicketKind.GUEST)]
)
async def test_a_link_from_its_offer_to_its_end(
    tmp_path: Path, kind: str, ticket_kind: TicketKind
) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        mine = bearer(ticket(ticket_kind, session))
        async with h.nobody.post(f"/{kind}", data=b"v=0\r\n", headers={**mine, **SDP}) as answer:
            assert answer.status == 201
            assert await answer.text() == ANSWER
            assert answer.headers["Location"] == f"/{kind}/{session}.peer-1"
            assert answer.headers["ETag"] == '"tag-1"'
            assert answer.headers["Accept-Patch"] == "application/trickle-ice-sdpfrag"
            assert answer.headers.getall("Link") == [
                '<stun:127.0.0.1:1>; rel="ice-server"',
                '<stun:127.0.0.1:2>; rel="ice-server"',
            ]
            assert answer.content_type == "application/sdp"
            assert "X-Inside" not in answer.headers
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Location" in answer.headers["Access-Control-Expose-Headers"]
            link = answer.headers["Location"]
        more = {**mine, **FRAGMENT, "If-Match": '"tag-1"'}
        async with h.nobody.patch(link, data=b"a=x\r\n", headers=more) as answer:
            assert answer.status == 204
        async with h.nobody.patch(link, data=b"", headers=more) as answer:
            assert answer.status == 204, "an empty fragment is one too"
        async with h.nobody.delete(link, headers=mine) as answer:
            assert answer.status == 200
        assert [(a.method, a.path) for a in worker.asked] == [
            ("POST", f"/{kind}"),
            ("PATCH", f"/{kind}/peer-1"),
            ("PATCH", f"/{kind}/peer-1"),
            ("DELETE", f"/{kind}/peer-1"),
        ]
        assert worker.asked[0].body == b"v=0\r\n"
        assert worker.asked[0].headers["Authorization"] == mine["Authorization"]
        assert worker.asked[1].headers["If-Match"] == '"tag-1"'
        assert worker.asked[2].headers["Content-Type"] == FRAGMENT["Content-Type"]


async def test_a_viewer_s_wishes_and_single_pictures_come_through(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        mine = bearer(ticket(TicketKind.GUEST, session))
        asked = "/whep?quality=low&narrow=1&camera=2&quality=high"
        async with h.nobody.post(asked, data=b"v=0\r\n", headers={**mine, **SDP}) as answer:
            link = answer.headers["Location"]
        async with h.nobody.post("/whep?quality=x", data=b"v=0\r\n", headers={**mine, **SDP}):
            pass
        async with h.nobody.get(f"{link}/quality", headers=mine) as answer:
            assert answer.status == 200
        wish = {"quality": "low"}
        async with h.nobody.put(f"{link}/quality", json=wish, headers=mine) as answer:
            assert answer.status == 200
        async with h.nobody.get("/whep/picture", headers=mine) as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert [(a.method, a.path, a.body) for a in worker.asked] == [
            ("POST", "/whep?quality=low&narrow=1", b"v=0\r\n"),
            ("POST", "/whep", b"v=0\r\n"),
            ("GET", "/whep/peer-1/quality", b""),
            ("PUT", "/whep/peer-1/quality", b'{"quality": "low"}'),
            ("GET", "/whep/picture", b""),
        ]
        for kind, path in (
            (TicketKind.CAMERA, "/whep/picture"),
            (TicketKind.GUEST, f"/whep/other.{link.partition('.')[2]}/quality"),
        ):
            other = bearer(ticket(kind, session))
            async with h.nobody.get(path, headers=other) as answer:
                assert answer.status in (401, 404)
        assert len(worker.asked) == 5


async def test_refusals_of_the_session_come_through(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        h.worker(session).refuse = GenbaError("session.full", "4 cameras are connected.")
        mine = bearer(ticket(TicketKind.CAMERA, session))
        async with h.nobody.post("/whip", data=b"v=0", headers={**mine, **SDP}) as answer:
            assert answer.status == 409
            assert answer.content_type == "application/problem+json"
            assert (await answer.json())["detail"] == "4 cameras are connected."
            assert "Location" not in answer.headers


async def test_forged_foreign_and_old_tickets(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        hour = datetime.now(UTC) + timedelta(hours=1)
        old = datetime.now(UTC) - timedelta(seconds=1)
        cases = {
            "": 401,
            "nonsense": 401,
            sign(b"x" * 32, Ticket(TicketKind.CAMERA, session, "c", hour)): 401,
            sign(key_of(KEY, session), Ticket(TicketKind.CAMERA, session, "c", old)): 410,
            sign(key_of(KEY, "gone"), Ticket(TicketKind.CAMERA, "gone", "c", hour)): 410,
            sign(
                key_of(KEY, session), Ticket(TicketKind.GUEST, session, "c", hour)
            ): 401,  # a guest cannot send
        }
        for text, status in cases.items():
            async with h.nobody.post(
                "/whip", data=b"v=0", headers={**bearer(text), **SDP}
            ) as answer:
                assert answer.status == status, text
        assert h.worker(session).asked == []


async def test_a_ticket_opens_no_other_sessions_link(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        mine, other = await h.open(), await h.open()
        headers = {**bearer(ticket(TicketKind.CAMERA, mine)), **FRAGMENT}
        bodies = []
        for session in (other, "never-was"):
            async with h.nobody.patch(
                f"/whip/{session}.peer-1", data=b"", headers=headers
            ) as answer:
                assert answer.status == 404
                bodies.append({**await answer.json(), "request_id": ""})
        assert bodies[0] == bodies[1]
        assert h.worker(other).asked == []


@pytest.mark.parametrize(
    "link", ["..%2F..%2Forder", "s", "s.", ".x", "s.x%2Fy", "s.x%00", "s.x.y", "s.%2e%2e"]
)
async def test_links_of_nonsense_reach_no_session(tmp_path: Path, link: str) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        headers = bearer(ticket(TicketKind.CAMERA, session))
        path = link.replace("s.", f"{session}.")
        async with h.nobody.delete(f"/whip/{path}", headers=headers) as answer:
            assert answer.status == 404
        assert h.worker(session).asked == []


async def test_an_offer_has_at_most_64_kib(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        headers = {**bearer(ticket(TicketKind.CAMERA, session)), **SDP}

        async def endless() -> object:
            for _ in range(80):
                yield b"x" * 1024

        for body in (b"x" * (64 * 1024 + 1), endless()):
            async with h.nobody.post("/whip", data=body, headers=headers) as answer:
                assert answer.status == 413
        assert h.worker(session).asked == []


async def test_options_for_browsers_and_for_bearers(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        preflight = {
            "Origin": "https://studio.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        async with h.nobody.options("/whip", headers=preflight) as answer:
            assert answer.status == 204
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
            assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
            assert "Link" not in answer.headers, "TURN secrets are for bearers"
        mine = bearer(ticket(TicketKind.CAMERA, session))
        async with h.nobody.options("/whip", headers=mine) as answer:
            assert answer.status == 204
            assert answer.headers["Link"] == '<turn:127.0.0.1:3478>; rel="ice-server"'
            assert answer.headers["Accept-Post"] == "application/sdp"
        async with h.nobody.options("/whip", headers=bearer("nonsense")) as answer:
            assert answer.status == 401


async def test_a_session_that_is_gone_answers_410(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        await h.worker(session).end(EndReason.STOPPED)
        await until(lambda: h.services.desk.ended(session))
        headers = {**bearer(ticket(TicketKind.CAMERA, session)), **SDP}
        async with h.nobody.post("/whip", data=b"v=0", headers=headers) as answer:
            assert answer.status == 410
            assert (await answer.json())["code"] == "session.ended"


async def test_a_close_look_is_forwarded_for_a_supporter_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        mine = bearer(ticket(TicketKind.DESK, session))
        path = "/whep/cameras/camera-1"
        async with h.nobody.post(path, data=b"v=0\r\n", headers={**mine, **SDP}) as answer:
            assert answer.status == 201
            assert answer.headers["Location"] == f"/whep/{session}.peer-1"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
        async with h.nobody.options(path) as answer:
            assert answer.status == 204
            assert "POST" in answer.headers["Allow"]
        worker.refuse = GenbaError("not_found")
        bodies = []
        for kind in (TicketKind.DESK, TicketKind.CAMERA, TicketKind.GUEST, TicketKind.TEST):
            other = bearer(ticket(kind, session))
            async with h.nobody.post(path, data=b"v=0", headers={**other, **SDP}) as answer:
                bodies.append((answer.status, {**await answer.json(), "request_id": ""}))
        assert bodies[0][0] == 404
        assert bodies == [bodies[0]] * 4, "no other ticket learns whether the camera is there"
        assert [a.path for a in worker.asked] == [path, path]

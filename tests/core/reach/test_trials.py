"""Tests of the connection: who may, how often, what is kept, and what nobody gets by it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from genba.clock import SystemClock
from genba.errors import GenbaError
from genba.server.desk import trials as rules
from genba.server.storage.reports import KEPT, Reports
from genba.settings import Rtc
from genba.wire.report import Findings, Report, Step
from genba.wire.state import CameraState
from genba.wire.ticket import TicketKind
from tests.kit.house import house
from tests.kit.orders import order, ticket
from tests.kit.placement import FakePlacement
from tests.kit.sessionprocess import session_process

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.house import House

FINDINGS = {
    "steps": [
        {"name": "server", "state": "ok", "why": "", "ms": 12},
        {"name": "udp", "state": "ok"},
    ],
    "browser": {"name": "Safari", "version": "18", "system": "iOS", "phone": True},
    "figures": {"connect_ms": 200, "first_picture_ms": 640, "kbps": 2400, "loss": 0.01},
    "way": {"relay": "", "family": 4, "network": "wifi", "codec": "h264"},
    "codecs": ["H264", "VP8"],
}
TURN = Rtc(ice_servers=("turn:turn.example:3478|user|hush",))


async def begin(h: House, **body: object) -> dict[str, Any]:
    async with h.nobody.post("/api/v1/tests", json=body) as answer:
        said: dict[str, Any] = await answer.json()
        assert answer.status == 201, said
        return said


async def code_of(h: House, answer: Any) -> str:
    del h
    return str((await answer.json())["code"])


def bearer(begun: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {begun['ticket']}"}


async def test_anybody_may_test_and_the_signed_in_read_the_report(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        assert len(begun["code"]) == rules.CODE
        assert (begun["relay"], begun["ice_servers"]) == ("none", [])
        async with h.nobody.post("/test/report", json=FINDINGS, headers=bearer(begun)) as answer:
            assert await answer.json() == {"code": begun["code"], "verdict": "good"}
        spoken = f"{begun['code'][:3]}-{begun['code'][3:]}".lower()
        found = await h.get(f"/tests/{spoken}")
        assert found["findings"]["browser"]["name"] == "Safari"
        assert (found["heard"], found["inside"], found["public"]) == (True, True, False)
        assert [one["code"] for one in (await h.get("/tests"))["reports"]] == [begun["code"]]
        for path in ("/api/v1/tests", f"/api/v1/tests/{begun['code']}"):
            async with h.nobody.get(path) as answer:
                assert answer.status == 401
        kept = (tmp_path / "tests" / f"{begun['code']}.json").read_text("utf-8")
        assert "127.0.0.1" not in kept


async def test_the_page_is_open_and_lists_reports_for_the_signed_in_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        async with h.nobody.post("/test/report", json=FINDINGS, headers=bearer(begun)) as answer:
            assert answer.status == 200
        spoken = f"{begun['code'][:3]}-{begun['code'][3:]}"
        async with h.nobody.get("/test") as answer:
            text = await answer.text()
            assert answer.status == 200
            assert spoken not in text
        async with h.person.get("/test") as answer:
            assert spoken in await answer.text()


async def test_turns_credentials_are_for_the_invited_and_the_signed_in(tmp_path: Path) -> None:
    async with house(tmp_path, rtc=TURN) as h:
        begun = await begin(h)
        assert (begun["relay"], begun["ice_servers"]) == ("invited", [])
        async with h.nobody.options("/whip", headers=bearer(begun)) as answer:
            assert "hush" not in str(answer.headers)
        session = await h.open()
        code = (await h.post(f"/sessions/{session}/invitations"))["code"]
        invited = await begin(h, code=code)
        assert invited["ice_servers"][0]["credential"] == "hush"
        async with h.program.post("/api/v1/tests", json={}) as answer:
            assert (await answer.json())["relay"] == "offered"
        async with h.nobody.post("/api/v1/tests", json={"code": "0000-0000"}) as answer:
            assert await code_of(h, answer) == "invitation.unknown"
        room = h.services.trials._session
        assert h.worker(room).order.rtc.ice_servers == ()


async def test_the_code_of_an_invitation_is_guessed_no_faster_here(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        codes = []
        for _ in range(8):
            async with h.nobody.post("/api/v1/tests", json={"code": "0000-0000"}) as answer:
                codes.append(await code_of(h, answer))
        assert codes == ["invitation.unknown"] * 6 + ["rate.limited"] * 2


async def test_four_at_the_same_time_and_a_report_makes_room(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = [await begin(h) for _ in range(rules.MOST)]
        async with h.nobody.post("/api/v1/tests", json={}) as answer:
            assert (answer.status, await code_of(h, answer)) == (503, "server.busy")
        assert len(h.placement.workers) == 1
        async with h.nobody.post("/test/report", json=FINDINGS, headers=bearer(begun[0])) as answer:
            assert answer.status == 200
        await begin(h)
        worker = h.worker(h.services.trials._session)
        assert worker.commands == [{"do": "end_bearer", "id": begun[0]["code"]}]
        # The camera is tried later: the same report, with more in it.
        async with h.nobody.post("/test/report", json=FINDINGS, headers=bearer(begun[0])) as answer:
            assert answer.status == 200


async def test_a_test_counts_in_no_list_and_is_no_session(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await begin(h)
        assert (await h.get("/sessions"))["sessions"] == []
        assert (await h.get("/sessions?all=1"))["sessions"] == []
        given = h.worker(h.services.trials._session).order
        assert (given.group, given.record_cameras) == ("", False)


async def test_tests_of_an_earlier_web_process_are_ended(tmp_path: Path) -> None:
    async with FakePlacement() as placement:
        await placement.open(order(tmp_path, group=""))
        async with house(tmp_path, placement=placement) as h:
            assert placement.workers == {}
            assert (await h.get("/sessions?all=1"))["sessions"] == []


async def test_a_session_of_tests_that_died_is_opened_anew(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await begin(h)
        first = h.services.trials._session
        await h.placement.close(first)
        await begin(h)
        assert h.services.trials._session not in ("", first)


async def test_no_port_is_said(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.placement.refuse = GenbaError("rtc.no_port")
        async with h.nobody.post("/api/v1/tests", json={}) as answer:
            assert (answer.status, await code_of(h, answer)) == (503, "rtc.no_port")


async def test_it_ends_by_itself(tmp_path: Path) -> None:
    class Later(SystemClock):
        ahead = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.ahead

    clock = Later()
    async with house(tmp_path, clock=clock) as h:
        begun = await begin(h)
        trials = h.services.trials
        await trials.end(begun["code"])
        await trials._look_once()
        assert len(h.placement.workers) == 1
        clock.ahead = rules.IDLE + 1
        await trials._look_once()
        assert h.placement.workers == {}


async def test_the_server_says_what_it_sees(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        slot = h.worker(h.services.trials._session).state.slots[0]
        slot.camera, slot.state, slot.kbps, slot.heard = begun["code"], CameraState.LIVE, 900, True
        async with h.nobody.get("/test/seen", headers=bearer(begun)) as answer:
            seen = await answer.json()
        assert (seen["heard"], seen["live"], seen["kbps"]) == (True, True, 900)
        other = await begin(h)
        async with h.nobody.get("/test/seen", headers=bearer(other)) as answer:
            assert (await answer.json())["live"] is False


async def test_the_socket_says_back_what_it_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        words = ("genba.test.v1", f"ticket.{begun['ticket']}")
        async with h.nobody.ws_connect("/test/socket", protocols=words) as socket:
            await socket.send_str("?")
            assert await socket.receive_str() == "?"
            for _ in range(40):
                await socket.send_str("?")
            while not socket.closed:
                await socket.receive()
            assert socket.close_code == 4429
        async with h.nobody.ws_connect("/test/socket", protocols=("ticket.x",)) as socket:
            await socket.receive()
            assert socket.close_code == 4401
        desk = ticket(TicketKind.DESK, "s")
        async with h.nobody.ws_connect("/test/socket", protocols=(f"ticket.{desk}",)) as socket:
            await socket.receive()
            assert socket.close_code == 4401


@pytest.mark.parametrize(
    "change",
    [
        {"steps": [{"name": "udp", "state": "fine"}]},
        {"steps": [{"name": "udp", "state": "ok", "why": "<script>"}]},
        {"steps": [{"name": "udp", "state": "ok"}] * 17},
        {"browser": {"name": "x" * 25}},
        {"browser": {"name": "山田太郎"}},
        {"figures": {"kbps": -1}},
        {"note": "call me"},
    ],
)
async def test_a_report_holds_words_of_a_list_and_figures(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        body = {**FINDINGS, **change}
        async with h.nobody.post("/test/report", json=body, headers=bearer(begun)) as answer:
            assert (answer.status, await code_of(h, answer)) == (400, "request.invalid")
        assert (await h.get("/tests"))["reports"] == []


async def test_a_report_is_small_and_needs_its_ticket(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        begun = await begin(h)
        big = json.dumps(FINDINGS) + " " * 9000
        headers = {**bearer(begun), "Content-Type": "application/json"}
        async with h.nobody.post("/test/report", data=big, headers=headers) as answer:
            assert answer.status == 413
        async with h.nobody.post("/test/report", json=FINDINGS) as answer:
            assert answer.status == 401


async def test_the_newest_fifty_are_kept(tmp_path: Path) -> None:
    reports, clock = Reports(tmp_path), SystemClock()
    for number in range(KEPT + 3):
        await reports.put(Report(code=f"C{number:05}", at=clock.now(), findings=Findings(steps=[])))
    codes = [one.code for one in await reports.all()]
    assert len(codes) == KEPT
    assert codes[0] == f"C{KEPT + 2:05}"


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ({"udp": "ok", "video": "ok"}, "good"),
        ({"udp": "ok", "video": "slow"}, "slow"),
        ({"udp": "failed", "turn_tls": "ok", "video": "slow"}, "relay"),
        ({"udp": "failed", "turn_tls": "failed"}, "bad"),
        ({"udp": "ok", "video": "failed"}, "bad"),
        ({"browser": "failed", "udp": "ok", "video": "ok"}, "bad"),
        ({"server": "failed"}, "bad"),
    ],
)
def test_the_verdict(states: dict[Any, Any], verdict: str) -> None:
    steps = [Step(name=name, state=state) for name, state in states.items()]
    at = SystemClock().now()
    assert Report(code="C", at=at, findings=Findings(steps=steps)).verdict == verdict


async def test_a_test_ticket_sees_and_hears_nothing_in_the_session(tmp_path: Path) -> None:
    async with session_process(tmp_path, group="") as session:
        bearer = ticket(TicketKind.TEST, session.order.session, id="C23456")
        headers = {"Authorization": f"Bearer {bearer}", "Content-Type": "application/sdp"}
        async with session.client.post("/whep", data="v=0", headers=headers) as answer:
            assert (await answer.json())["code"] == "ticket.invalid"
        async with session.client.get("/control", headers=headers) as answer:
            assert (await answer.json())["code"] == "ticket.invalid"

"""Sessions as people see them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from genba.api import EndReason
from genba.errors import GenbaError
from genba.plugins import Plugins
from genba.settings import Rtc, Server
from genba.wire.event import CameraJoined, CameraLeft, RecordingStored
from genba.wire.state import CameraState, PublicationInfo
from genba.wire.ticket import key_of
from tests.kit import hearingplugin
from tests.kit.house import house
from tests.kit.orders import KEY
from tests.kit.placement import FakePlacement
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.house import House

LIMIT = 10


async def ended(h: House, session: str) -> EndReason | None:
    """Return why a session ended, once its row is closed."""
    await until(lambda: h.services.desk.ended(session))
    record = h.services.desk.find(session)
    assert record is not None
    assert record.ended_at is not None
    return record.reason


def named(h: House, session: str) -> str:
    state = h.services.desk.state(session)
    return state.name if state is not None else ""


async def test_the_order_holds_what_the_settings_say(tmp_path: Path) -> None:
    rtc = Rtc(
        addresses=("127.0.0.1",),
        udp_ports="40000-40010",
        ice_servers=("stun:127.0.0.1:3478", "turn:127.0.0.1:3478?transport=tcp|user|secret"),
    )
    async with house(tmp_path, rtc=rtc) as h:
        session = await h.open("第2工場")
        order = h.worker(session).order
    assert (order.session, order.name, order.group, order.epoch) == (session, "第2工場", "local", 1)
    assert order.ticket_key == key_of(KEY, session)
    assert order.data == tmp_path
    assert (order.rtc.port_low, order.rtc.port_high) == (40000, 40010)
    assert order.rtc.ice_servers[0].username == ""
    assert order.rtc.ice_servers[1].model_dump() == {
        "urls": "turn:127.0.0.1:3478?transport=tcp",
        "username": "user",
        "credential": "secret",
    }
    assert (order.view.width, order.view.height, order.view.kbps) == (1280, 720, 2500)


async def test_opened_listed_read_and_ended(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        first, second = await h.open("一"), await h.open("二")
        assert [s["name"] for s in (await h.get("/sessions"))["sessions"]] == ["二", "一"]
        h.worker(first).state.slots[0].state = CameraState.LIVE
        detail = await h.get(f"/sessions/{first}")
        assert detail["cameras"] == 1
        assert detail["state"]["slots"][0]["state"] == "live"
        async with h.program.delete(f"/api/v1/sessions/{first}") as answer:
            assert answer.status == 204
        assert [s["id"] for s in (await h.get("/sessions"))["sessions"]] == [second]
        gone = await h.get(f"/sessions/{first}")
        assert (gone["state"], gone["reason"]) == (None, "stopped")
        assert len((await h.get("/sessions?all=1"))["sessions"]) == 2
        for method, path in (("DELETE", ""), ("POST", "/ticket"), ("POST", "/recordings")):
            async with h.program.request(
                method, f"/api/v1/sessions/{first}{path}", json={}
            ) as answer:
                assert answer.status == 410, path


async def test_a_session_without_a_name_is_called_by_its_time(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        assert (await h.get(f"/sessions/{await h.open('')}"))["name"].startswith("支援 ")
        odd = await h.open("a\u202eb\u0000\nc")
        assert (await h.get(f"/sessions/{odd}"))["name"] == "a b  c"


async def test_no_more_sessions_than_set(tmp_path: Path) -> None:
    async with house(tmp_path, server=Server(max_sessions=2)) as h:

        async def attempt() -> int:
            async with h.program.post("/api/v1/sessions", json={}) as answer:
                return answer.status

        assert sorted(await asyncio.gather(*(attempt() for _ in range(4)))) == [201, 201, 503, 503]


async def test_a_worker_that_cannot_be_had_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        h.placement.refuse = GenbaError("rtc.no_port")
        async with h.program.post("/api/v1/sessions", json={}) as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "rtc.no_port"
        assert (await h.get("/sessions"))["sessions"] == []


async def test_a_supervisor_that_is_gone_is_told(tmp_path: Path) -> None:
    async with house(tmp_path) as h:

        async def gone(_: object) -> None:
            raise ConnectionError("the supervisor is gone")

        h.placement.open = gone  # type: ignore[method-assign,assignment]
        async with h.program.post("/api/v1/sessions", json={}) as answer:
            assert answer.status == 503
            assert (await answer.json())["code"] == "server.busy"


async def test_the_sessions_own_reason_is_kept(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        await until(lambda: h.services.desk.state(session))
        await h.worker(session).end(EndReason.LEFT)
        assert await ended(h, session) is EndReason.LEFT


async def test_events_that_break_off_are_listened_to_again(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        await until(lambda: worker.listeners)
        for socket in tuple(worker.listeners):
            await socket.close()
            worker.listeners.discard(socket)
        worker.state.name = "新しい"
        await until(lambda: named(h, session) == "新しい")
        assert not h.services.desk.ended(session)


async def test_a_new_web_process_takes_over_what_runs(tmp_path: Path) -> None:
    async with FakePlacement() as placement:
        async with house(tmp_path, placement=placement) as h:
            kept, lost = await h.open("残る"), await h.open("消える")
        await placement.close(lost)
        async with house(tmp_path, placement=placement) as again:
            sessions = (await again.get("/sessions?all=1"))["sessions"]
            assert {s["id"]: s["reason"] for s in sessions} == {kept: None, lost: "failed"}
            assert (await again.get(f"/sessions/{kept}"))["state"]["session"] == kept


async def test_a_running_session_that_the_history_forgot_is_recalled(tmp_path: Path) -> None:
    async with FakePlacement() as placement:
        async with house(tmp_path, placement=placement) as h:
            session = await h.open("思い出")
        await asyncio.to_thread((tmp_path / "sessions" / f"{session}.json").unlink)
        async with house(tmp_path, placement=placement) as again:
            assert (await again.get(f"/sessions/{session}"))["name"] == "思い出"


async def test_commands_and_their_refusals(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        worker = h.worker(session)
        at = f"/api/v1/sessions/{session}"
        worker.replies = {
            "record": {"id": "r1"},
            "stop_recording": {"id": "r1"},
            "still": {"id": "t1", "width": 640, "height": 480},
            "publish": PublicationInfo(
                id="p1", kind="browser", state="waiting", since=datetime.now(UTC)
            ).model_dump(mode="json"),
        }
        calls: tuple[tuple[str, str, dict[str, object] | None, int], ...] = (
            ("PUT", "/layout", {"kind": "focus", "focus": 2}, 200),
            ("PUT", "/cameras/3", {"name": "屋上"}, 200),
            ("DELETE", "/cameras/3", None, 204),
            ("POST", "/recordings", None, 201),
            ("POST", "/recordings/stop", None, 200),
            ("POST", "/stills", {"slot": 2}, 201),
            ("POST", "/stills", {}, 201),
            ("POST", "/links", {"minutes": 30}, 201),
            ("POST", "/publications", {"text": "https://zoom.us/j/1"}, 201),
            ("DELETE", "/publications/p1", None, 204),
        )
        for method, path, body, status in calls:
            async with h.program.request(method, at + path, json=body) as answer:
                assert answer.status == status, f"{path}: {await answer.text()}"
        assert worker.commands == [
            {"do": "layout", "kind": "focus", "focus": 2},
            {"do": "rename", "slot": 3, "name": "屋上"},
            {"do": "remove", "slot": 3},
            {"do": "record"},
            {"do": "stop_recording"},
            {"do": "still", "slot": 2},
            {"do": "still", "slot": 0},
            {"do": "publish", "kind": "browser", "text": "", "options": {"minutes": "30"}},
            {"do": "publish", "kind": "", "text": "https://zoom.us/j/1", "options": {}},
            {"do": "stop_publication", "id": "p1"},
        ]
        worker.refuse = GenbaError("recording.running")
        async with h.program.post(f"{at}/recordings") as answer:
            assert answer.status == 409
            assert (await answer.json())["code"] == "recording.running"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/layout", {"kind": "wall"}, 400),
        ("/layout", {"kind": "grid", "focus": 9}, 400),
        ("/layout", {"kind": "grid", "more": 1}, 400),
        ("/cameras/1", {"name": "  "}, 400),
        ("/cameras/9", {"name": "x"}, 404),
        ("/cameras/0", {"name": "x"}, 404),
    ],
)
async def test_what_is_not_understood_reaches_no_session(
    tmp_path: Path, path: str, body: dict[str, object], status: int
) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        async with h.program.put(f"/api/v1/sessions/{session}{path}", json=body) as answer:
            assert answer.status == status
        assert h.worker(session).commands == []


async def test_bodies_of_other_kinds_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for data, kind, status in (
            (b"name=x", "application/x-www-form-urlencoded", 415),
            (b"{}", "text/plain", 415),
            (b"{", "application/json", 400),
            (b"\xff", "application/json", 400),
            (b'{"name": "' + b"x" * 70_000 + b'"}', "application/json", 413),
        ):
            async with h.program.post(
                "/api/v1/sessions", data=data, headers={"Content-Type": kind}
            ) as answer:
                assert answer.status == status, kind
                assert answer.content_type == "application/problem+json"


async def test_a_desk_ticket_says_where_to_connect(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        session = await h.open()
        said = await h.post(f"/sessions/{session}/ticket")
        assert said["whip"] == "http://127.0.0.1:1/whip", "a program is told the base address"
        assert said["control"] == "ws://127.0.0.1:1/control"
        async with h.person.post(
            f"/api/v1/sessions/{session}/ticket", headers={"Origin": h.origin}
        ) as answer:
            own = await answer.json()
        assert own["whep"] == f"{h.origin}/whep", "a page may only call its own origin"
        assert own["control"] == f"{h.origin}/control".replace("http", "ws")
        read = h.services.tickets.read(said["ticket"])
        assert (read.session, read.kind.value, read.name) == (session, "d", "サポーター")


async def test_plugins_are_told_in_order(tmp_path: Path) -> None:
    hearingplugin.told = asyncio.Queue()
    plugins = Plugins()
    plugins.load(found=[EntryPoint("hearing", "tests.kit.hearingplugin", "genba")])
    async with house(tmp_path, plugins=plugins) as h, asyncio.timeout(LIMIT):
        session = await h.open()
        worker = h.worker(session)
        await until(lambda: worker.listeners)
        await worker.tell(CameraJoined(camera="c", slot=2, name="屋上"))
        await worker.tell(CameraLeft(camera="c", slot=2, name="屋上", reason=EndReason.LOST))
        await worker.tell(
            RecordingStored(id="r", seconds=3.5, size=9, started_at=datetime.now(UTC))
        )
        async with h.program.delete(f"/api/v1/sessions/{session}") as answer:
            assert answer.status == 204
        heard = [await hearingplugin.told.get() for _ in range(5)]
    assert heard == [
        ("started", session),
        ("joined", session, "c", 2, "屋上"),
        ("left", session, "c", EndReason.LOST),
        ("stored", "r", session, 3.5),
        ("ended", session, EndReason.STOPPED),
    ]

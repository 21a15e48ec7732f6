"""A supporter's close look: one camera's own pictures, passed through undecoded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import pytest

from genba.session.camera.decoder import Decoder
from genba.session.publishing import packetise
from genba.wire.resume import KeptSeat, Resume
from genba.wire.ticket import TicketKind
from tests.kit.desk import RefusedError, desk, states
from tests.kit.rtc import Publisher, Viewer
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from genba.session.camera.unit import AccessUnit
    from tests.kit.desk import Desk
    from tests.kit.rtc import Answer

OFFER = {"Content-Type": "application/sdp"}


def look(session: Desk, camera: str, kind: TicketKind = TicketKind.DESK) -> Answer:
    return session.answer(f"/whep/cameras/{camera}", session.ticket(kind, id="desk-1"))


def camera(
    session: Desk, name: str = "c1", video: Literal["H264", "VP8"] = "H264", **more: int
) -> Publisher:
    answer = session.whip(id=name, name="屋上")
    return Publisher(answer, video, audio=False, **more)  # type: ignore[arg-type]


async def live(session: Desk) -> None:
    await session.until(lambda s: states(s)[0] == "live")


async def keys(session: Desk) -> int:
    return int((await session.state())["figures"]["counts"]["keys_to_cameras"])


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_look_shows_what_the_camera_sends_and_decodes_nothing(
    tmp_path: Path, codec: Literal["H264", "VP8"], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genba.session.cameras.WARM", 0.2)
    decoded: list[AccessUnit] = []
    rested = asyncio.Event()
    decode, rest = Decoder._decode, Decoder.rest

    def decoding(self: Decoder, unit: AccessUnit, since: float) -> None:
        decoded.append(unit)
        decode(self, unit, since)

    def resting(self: Decoder) -> None:
        rest(self)
        rested.set()

    monkeypatch.setattr(Decoder, "_decode", decoding)
    monkeypatch.setattr(Decoder, "rest", resting)
    async with desk(tmp_path) as session, camera(session, video=codec):
        async with asyncio.timeout(10):
            await rested.wait()
        before = await keys(session)
        async with Viewer(look(session, "c1")) as viewer:
            await viewer.seen(pictures=1)
            count = len(decoded)
            await viewer.seen(pictures=10)
            assert len(decoded) == count
            assert viewer.picture is not None
            assert (viewer.picture.width, viewer.picture.height) == (320, 240)
            assert "m=audio 0 " in viewer.answer
            state = await session.state()
            (way,) = [c for c in state["connections"] if c["kind"] == "look"]
            assert (way["name"], way["codec"], way["way"]) == ("屋上", codec.lower(), "out")
            assert way["cipher"]
            assert (state["figures"]["looks"], state["figures"]["viewers"]) == (1, 0)
        assert await keys(session) > before, "the first picture has to be asked for"


async def test_what_many_look_at_is_packetised_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[bytes] = []
    real = packetise.h264

    def noted(unit: bytes) -> list[bytes]:
        cut.append(unit)
        return real(unit)

    monkeypatch.setattr(packetise, "h264", noted)
    async with desk(tmp_path) as session, camera(session), AsyncExitStack() as stack:
        await live(session)
        viewers = [
            await stack.enter_async_context(Viewer(look(session, "c1"), audio=False))
            for _ in range(3)
        ]
        for viewer in viewers:
            await viewer.seen(pictures=10)
        assert len(cut) == len({id(unit) for unit in cut}), "a picture was cut twice"
        count, pictures = len(cut), sum(viewer.pictures for viewer in viewers)
        await viewers[0].seen(pictures=viewers[0].pictures + 20)
        shown = sum(viewer.pictures for viewer in viewers) - pictures
        assert shown > 1.8 * (len(cut) - count)


async def test_requests_of_many_become_few_to_the_camera(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, camera(session), AsyncExitStack() as stack:
        await live(session)
        viewers = [
            await stack.enter_async_context(Viewer(look(session, "c1"), audio=False))
            for _ in range(2)
        ]
        for viewer in viewers:
            await viewer.seen(pictures=3)
        before, loop = await keys(session), asyncio.get_running_loop()
        start = loop.time()
        for _ in range(60):
            for viewer in viewers:
                (receiver,) = viewer.pc.getReceivers()
                (stream,) = receiver.getSynchronizationSources()
                await receiver._send_rtcp_pli(stream.source)
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)  # the last one may wait for its turn
        asked = await keys(session) - before
        assert 1 <= asked <= (loop.time() - start) / 0.25 + 2
        for viewer in viewers:
            await viewer.seen(pictures=viewer.pictures + 5)


async def test_a_look_goes_on_when_its_camera_comes_back_in_another_size(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        await stack.enter_async_context(camera(session))
        await live(session)
        viewer = await stack.enter_async_context(Viewer(look(session, "c1"), audio=False))
        await viewer.seen(pictures=5)
        # The same ticket on a new link, as a phone whose network changed.
        await stack.enter_async_context(camera(session, width=240, height=320))
        await until(lambda: viewer.picture is not None and viewer.picture.width == 240)
        await viewer.seen(pictures=viewer.pictures + 10)
        assert (await session.state())["figures"]["looks"] == 1


async def test_another_codec_ends_the_look_and_a_new_one_shows_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        await stack.enter_async_context(camera(session))
        await live(session)
        viewer = await stack.enter_async_context(Viewer(look(session, "c1"), audio=False))
        await viewer.seen(pictures=3)
        await stack.enter_async_context(camera(session, video="VP8"))
        await until(lambda: viewer.pc.connectionState == "closed")
        state = await session.until(lambda s: s["figures"]["looks"] == 0)
        assert states(state)[0] in ("live", "lost", "connecting")
        async with Viewer(look(session, "c1"), audio=False) as again:
            await again.seen(pictures=3)
            assert "VP8/90000" in again.answer


async def test_a_camera_that_leaves_ends_its_looks(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        await stack.enter_async_context(camera(session))
        await live(session)
        viewer = await stack.enter_async_context(Viewer(look(session, "c1"), audio=False))
        await viewer.seen(pictures=3)
        await session.do(do="remove", slot=1)
        await until(lambda: viewer.pc.connectionState == "closed")
        with pytest.raises(RefusedError) as refused:
            await stack.enter_async_context(Viewer(look(session, "c1")))
        assert (refused.value.status, refused.value.code) == (404, "not_found")


async def test_a_camera_that_broke_off_is_waited_for(tmp_path: Path) -> None:
    kept = KeptSeat(n=1, camera="c1", name="屋上", since=datetime.now(UTC))
    async with desk(tmp_path, resume=Resume(seats=(kept,))) as session, AsyncExitStack() as stack:
        assert states(await session.state())[0] == "lost"
        with pytest.raises(RefusedError) as refused:
            await stack.enter_async_context(Viewer(look(session, "c1")))
        assert (refused.value.status, refused.value.code) == (503, "camera.away")


async def test_who_cannot_show_it_is_told_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, camera(session), AsyncExitStack() as stack:
        await live(session)
        with pytest.raises(RefusedError) as refused:
            await stack.enter_async_context(Viewer(look(session, "c1"), ["VP8"]))
        assert (refused.value.status, refused.value.code) == (406, "camera.codec")
        with pytest.raises(RefusedError) as refused:
            await stack.enter_async_context(Viewer(look(session, "c1"), video=False))
        assert refused.value.code == "offer.unacceptable"
        assert (await session.state())["figures"]["looks"] == 0


async def test_to_all_but_supporters_a_camera_looks_like_none(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, camera(session):
        await live(session)
        bodies = []
        for kind, name in [
            (TicketKind.DESK, "nobody"),
            (TicketKind.CAMERA, "c1"),
            (TicketKind.GUEST, "c1"),
            (TicketKind.TEST, "c1"),
        ]:
            mine = {"Authorization": f"Bearer {session.ticket(kind)}"}
            async with session.client.post(
                f"/whep/cameras/{name}", data="v=0", headers={**OFFER, **mine}
            ) as answer:
                bodies.append((answer.status, await answer.json()))
        assert bodies[0][0] == 404
        assert bodies == [bodies[0]] * 4


async def test_a_look_is_ended_by_its_owner_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, camera(session):
        await live(session)
        bearer = session.ticket(TicketKind.DESK, id="desk-1")
        async with Viewer(session.answer("/whep/cameras/c1", bearer), audio=False) as viewer:
            await viewer.seen(pictures=3)
            location, _ = session.links[bearer]
            assert location.startswith("/whep/")
            other = session.ticket(TicketKind.DESK, id="desk-2")
            for text, status in ((other, 404), (bearer, 200), (bearer, 200), (other, 404)):
                async with session.client.delete(
                    location, headers={"Authorization": f"Bearer {text}"}
                ) as answer:
                    assert answer.status == status

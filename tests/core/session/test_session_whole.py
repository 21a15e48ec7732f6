"""A whole session with real peers: cameras in, the view out, kept and ended."""

from __future__ import annotations

import asyncio
import io
import json
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from PIL import Image

from genba.wire.ticket import TicketKind
from tests.kit.desk import LIMIT, RefusedError, desk, states
from tests.kit.rtc import Publisher, ToneTrack, Viewer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.desk import Desk


def bright_tiles(frame: av.VideoFrame) -> list[bool]:
    """Say of each quarter of a picture whether the moving bar of a test camera is in it."""
    luma = frame.to_ndarray(format="gray")
    high, wide = luma.shape
    return [
        bool(
            (luma[y : y + high // 2, x : x + wide // 2][high // 8 : high // 3] > 150).mean() > 0.02
        )
        for y in (0, high // 2)
        for x in (0, wide // 2)
    ]


async def test_four_cameras_become_one_view_and_a_fifth_is_refused(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        for n in range(1, 5):
            await stack.enter_async_context(Publisher(session.whip(name=f"現場{n}")))
        state = await session.until(lambda s: states(s) == ["live"] * 4)
        assert [slot["name"] for slot in state["slots"]] == ["現場1", "現場2", "現場3", "現場4"]
        viewer = await stack.enter_async_context(Viewer(session.whep(name="田中")))
        await viewer.seen(pictures=20, sounds=20, limit=LIMIT)
        assert viewer.picture is not None
        assert (viewer.picture.width, viewer.picture.height) == (1280, 720)
        assert bright_tiles(viewer.picture) == [True] * 4
        with pytest.raises(RefusedError) as refused:
            await stack.enter_async_context(Publisher(session.whip()))
        assert (refused.value.status, refused.value.code) == (409, "session.full")


async def test_the_same_camera_coming_back_takes_its_old_slot(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        bearer = session.ticket(TicketKind.CAMERA, name="屋上")
        await stack.enter_async_context(Publisher(session.whip(name="一階")))
        first = Publisher(session.answer("/whip", bearer))
        await stack.enter_async_context(first)
        await session.until(lambda s: states(s)[:2] == ["live"] * 2)
        await stack.enter_async_context(Publisher(session.whip(name="二階")))
        again = await stack.enter_async_context(Publisher(session.answer("/whip", bearer)))
        await again.connected()
        state = await session.until(lambda s: states(s) == ["live", "live", "live", "empty"])
        assert [slot["name"] for slot in state["slots"]] == ["一階", "屋上", "二階", ""]


async def test_a_camera_that_says_goodbye_frees_its_slot_and_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, session.client.ws_connect("/events") as events:
        bearer = session.ticket(TicketKind.CAMERA, name="屋上", id="camera-1")
        async with Publisher(session.answer("/whip", bearer)):
            joined = await session.event("camera_joined", events)
            assert (joined["camera"], joined["slot"], joined["name"]) == ("camera-1", 1, "屋上")
            location, _ = session.links[bearer]
            async with session.client.delete(
                location, headers={"Authorization": f"Bearer {bearer}"}
            ) as answer:
                assert answer.status == 200
            left = await session.event("camera_left", events)
            assert (left["camera"], left["reason"]) == ("camera-1", "left")
            assert states(await session.state()) == ["empty"] * 4


async def test_a_camera_that_breaks_off_keeps_its_slot_as_lost(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        track = ToneTrack()
        camera = Publisher(session.whip(name="屋上"))
        async with camera:
            await session.until(lambda s: states(s)[0] == "live")
            for one in camera.tracks:
                one.stop()
            state = await session.until(lambda s: states(s)[0] == "lost")
            assert state["slots"][0]["name"] == "屋上"
            assert state["slots"][0]["last_picture"] is not None
        track.stop()


async def test_layouts_change_while_the_encoder_goes_on(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        await stack.enter_async_context(Publisher(session.whip()))
        viewer = await stack.enter_async_context(Viewer(session.whep()))
        await viewer.seen(pictures=5, limit=LIMIT)
        keys = (await session.state())["figures"]["key_frames"]
        for kind, focus in (("focus", 2), ("pip", 1), ("grid", 1)):
            await session.do(do="layout", kind=kind, focus=focus)
            seen = viewer.pictures
            await viewer.seen(pictures=seen + 10, limit=LIMIT)
        state = await session.state()
        assert state["layout"] == {"kind": "grid", "focus": 1}
        assert state["figures"]["key_frames"] == keys


async def test_a_viewer_without_h264_gets_the_vp8_twin(tmp_path: Path) -> None:
    async with (
        desk(tmp_path) as session,
        Publisher(session.whip(), video="VP8"),
        Viewer(session.whep(), codecs=("VP8",)) as viewer,
    ):
        await viewer.seen(pictures=10, limit=LIMIT)


async def test_a_recording_shows_what_was_shown_and_can_be_played(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        camera = Publisher(session.whip())
        await stack.enter_async_context(camera)
        await session.until(lambda s: states(s)[0] == "live")
        events = await stack.enter_async_context(session.client.ws_connect("/events"))
        viewer = await stack.enter_async_context(Viewer(session.whep()))
        await viewer.seen(pictures=1, limit=LIMIT)
        name = (await session.do(do="record"))["id"]
        with pytest.raises(RefusedError, match=r"recording\.running"):
            await session.do(do="record")
        await viewer.seen(pictures=viewer.pictures + 60, limit=LIMIT)
        assert (await session.do(do="stop_recording"))["id"] == name
        last = viewer.picture
        stored = await session.event("recording_stored", events)
        assert stored["id"] == name
        assert stored["seconds"] > 1
    path = tmp_path / "recordings" / f"{name}.mp4"
    with av.open(str(path)) as file:
        assert {s.type for s in file.streams} == {"video", "audio"}
        frames = [f.to_ndarray(format="gray") for f in file.decode(video=0)]
    assert len(frames) >= 45
    assert frames[0].shape == (720, 1280)
    assert last is not None
    # the last recorded picture is one of those shown around the stop: the bar moves, the rest stays
    shown = last.to_ndarray(format="gray").astype(int)
    assert np.abs(frames[-1].astype(int) - shown)[300:].mean() < 12
    meta = json.loads(await asyncio.to_thread((path.with_suffix(".json")).read_text, "utf-8"))
    assert (meta["state"], meta["session_name"]) == ("ready", "試験")


async def test_stills_of_the_view_and_of_one_camera_at_its_own_size(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, Publisher(session.whip(name="屋上")):
        with pytest.raises(RefusedError, match=r"still\.no_picture"):
            await session.do(do="still", slot=4)
        await session.until(lambda s: states(s)[0] == "live")
        view = await session.do(do="still", slot=0)
        one = await session.do(do="still", slot=1)
        assert (view["width"], view["height"]) == (1280, 720)
        assert (one["width"], one["height"]) == (320, 240)
        data = await asyncio.to_thread((tmp_path / "stills" / f"{one['id']}.jpg").read_bytes)
        with Image.open(io.BytesIO(data)) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 240))


async def test_a_camera_hears_the_supporter_and_not_itself(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        bearer = session.ticket(TicketKind.CAMERA, id="loud")
        own = ToneTrack(hertz=440)
        await stack.enter_async_context(Publisher(session.answer("/whip", bearer), tracks=[own]))
        ear = await stack.enter_async_context(Viewer(session.answer("/whep", bearer), video=False))
        await ear.seen(sounds=50, limit=LIMIT)
        assert loudest(ear) < 40, "it hears itself"
        mic = ToneTrack(hertz=1000)
        await stack.enter_async_context(
            Publisher(session.answer("/whip", session.ticket(TicketKind.DESK)), tracks=[mic])
        )
        async with asyncio.timeout(LIMIT):
            while loudest(ear) < 1000:
                await ear.seen(sounds=ear.sounds + 1)


def loudest(ear: Viewer) -> int:
    assert ear.sound is not None
    return int(np.abs(ear.sound.to_ndarray().astype(int)).max())


async def test_a_removed_camera_hears_nothing_more(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, AsyncExitStack() as stack:
        bearer = session.ticket(TicketKind.CAMERA, id="gone")
        await stack.enter_async_context(Publisher(session.answer("/whip", bearer)))
        ear = Viewer(session.answer("/whep", bearer), video=False)
        await stack.enter_async_context(ear)
        await ear.seen(sounds=5, limit=LIMIT)
        gone = asyncio.Event()
        ear.pc.on("connectionstatechange", gone.set)
        await session.until(lambda s: states(s)[0] == "live")
        await session.do(do="remove", slot=1)
        assert states(await session.state()) == ["empty"] * 4
        async with asyncio.timeout(LIMIT):
            await gone.wait()


async def test_a_recording_that_ends_with_the_session_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as session, session.client.ws_connect("/events") as events:
        both: list[Any] = await asyncio.gather(
            session.do(do="record"), session.do(do="record"), return_exceptions=True
        )
        started = [one for one in both if isinstance(one, dict)]
        assert len(started) == 1, "two at once are one"
        async with Viewer(session.whep()) as viewer:
            await viewer.seen(pictures=20, limit=LIMIT)
        await session.do(do="end")
        stored = await session.event("recording_stored", events)
        assert stored["id"] == started[0]["id"]


async def test_bad_tickets_offers_and_etags_are_refused_by_name(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        other = desk_ticket_of_another_session(session)
        for bearer, path, code in (
            ("junk", "/whip", "ticket.invalid"),
            (other, "/whip", "ticket.invalid"),
            (session.ticket(TicketKind.GUEST), "/whip", "ticket.invalid"),
            (session.ticket(TicketKind.GUEST), "/whep", "ticket.revoked"),
        ):
            with pytest.raises(RefusedError) as refused:
                await session.answer(path, bearer)("v=0\r\n")
            assert refused.value.code == code
        with pytest.raises(RefusedError) as refused:
            await session.whip()("v=0\r\nthis is no offer")
        assert refused.value.status == 400


def desk_ticket_of_another_session(session: Desk) -> str:
    from tests.kit.orders import ticket

    return ticket(TicketKind.CAMERA, session.session + "x")


async def test_trickle_answers_as_the_rfc_says(tmp_path: Path) -> None:
    async with desk(tmp_path) as session:
        bearer = session.ticket(TicketKind.CAMERA)
        async with Publisher(session.answer("/whip", bearer)):
            location, etag = session.links[bearer]

            async def patch(body: str, **headers: str) -> int:
                async with session.client.patch(
                    location,
                    data=body,
                    headers={
                        "Authorization": f"Bearer {bearer}",
                        "Content-Type": "application/trickle-ice-sdpfrag",
                        **headers,
                    },
                ) as answer:
                    return answer.status

            restart = "a=ice-ufrag:EsAw\r\na=ice-pwd:bP+XJMM09aR8AiX1jdukzR6Y\r\n"
            assert await patch("") == 204
            assert await patch("a=end-of-candidates\r\n", **{"If-Match": etag}) == 204
            assert await patch("", **{"If-Match": '"other"'}) == 412
            assert await patch(restart, **{"If-Match": "*"}) == 422
            assert await patch(restart) == 422
            assert await patch("", **{"Content-Type": "text/plain"}) == 204
            assert await patch("a=x", **{"Content-Type": "text/plain"}) == 415

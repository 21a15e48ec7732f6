"""Cameras that lie about their pictures, through a real session process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

import aiohttp
import av
import pytest
from aiortc.rtcdtlstransport import RTCCertificate

from genba.session.camera.header import PictureRefusedError, check_header, sps_size
from genba.session.camera.slot import FrameSlot
from genba.wire.ticket import TicketKind
from tests.kit.bombs import h264_bomb, sps, vp8_bomb
from tests.kit.cameratape import encode_vp8
from tests.kit.leanviewer import LeanViewer
from tests.kit.rtc import Publisher, UnitTrack, encode_h264
from tests.kit.sessionprocess import session_process
from tests.kit.until import until
from tests.kit.whipdoor import WhipDoor

if TYPE_CHECKING:
    from pathlib import Path

    from genba.wire.state import Slot
    from tests.kit.sessionprocess import SessionProcess

MOST = 20 << 20  # bytes that a process may grow by, whatever cameras declare
SETTLED = 90  # pictures of the view
H264 = encode_h264(30)
BOMBS = {
    "vp8": [vp8_bomb()],
    "h264": [h264_bomb(H264[0]), h264_bomb(H264[0], crop=8184), h264_bomb(H264[0], 32, 65536)],
}


def test_a_lie_is_a_lie_to_a_decoder_too() -> None:
    """Our own parameter sets are good ones: FFmpeg reads the size that we read."""
    unit = h264_bomb(H264[0], 640, 480, references=4)
    codec = av.CodecContext.create("h264", "r")
    assert isinstance(codec, av.VideoCodecContext)
    codec.decode(av.Packet(unit))
    assert (codec.width, codec.height) == (640, 480)


@pytest.mark.parametrize(
    "nal",
    [
        sps(16384, 16384),
        sps(16384, 16384, crop=4095),  # 4 x 4 pixels would be shown
        sps(16 << 20, 16),
        sps(16, 16 << 20),
        sps(640, 480, references=17),
        sps(640, 480, references=1 << 20),
        sps(1936, 1080 // 16 * 16, level=10),
    ],
)
def test_what_parameter_sets_may_not_declare(nal: bytes) -> None:
    with pytest.raises(PictureRefusedError):
        check_header("h264", b"\0\0\0\1" + nal)


@pytest.mark.parametrize("size", [(1920, 1088), (1088, 1920)])
def test_cropping_and_level_change_nothing(size: tuple[int, int]) -> None:
    nal = sps(*size, crop=4, level=52, references=16)
    check_header("h264", b"\0\0\0\1" + nal)
    assert sps_size(nal) == size


async def slot(session: SessionProcess) -> Slot:
    return (await session.state()).slots[0]


async def until_slot(session: SessionProcess, state: str, error: str | None) -> None:
    async with asyncio.timeout(30):
        while True:
            now = await slot(session)
            if (now.state.value, now.error) == (state, error):
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_bomb_costs_a_session_process_nothing(
    tmp_path: Path, codec: Literal["vp8", "h264"]
) -> None:
    good = H264 if codec == "h264" else encode_vp8(30)
    async with session_process(tmp_path) as session:
        track = UnitTrack(good)
        ask = session.asker("/whip", TicketKind.CAMERA, id="c1")
        async with (  # a viewer too: without one nothing is painted
            Publisher(ask, "H264" if codec == "h264" else "VP8", tracks=[track]),
            LeanViewer(session.asker(), RTCCertificate.generateCertificate()),
        ):
            await until_slot(session, "live", None)
            async with asyncio.timeout(30):  # until all that a session ever needs is there
                while (await session.state()).figures.ticks < SETTLED:  # noqa: ASYNC110 (another process)
                    await asyncio.sleep(0.1)
            before = await asyncio.to_thread(session.resident)
            most = before
            track.units = BOMBS[codec]
            async with asyncio.timeout(30):
                while (await session.state()).figures.counts.decoder_refused < 60:
                    most = max(most, await asyncio.to_thread(session.resident))
                    await asyncio.sleep(0.02)
            assert (await slot(session)).error == "camera.too_large"
            print(f"{codec}: 60 bombs grew the process by {(most - before) / 2**20:.1f} MiB")  # noqa: T201
            assert most - before < MOST
            track.units = good
            await until_slot(session, "live", None)


class Turning(UnitTrack):
    """A phone that is turned: after so many pictures the other way round."""

    def __init__(self, ways: list[list[bytes]], every: int) -> None:
        super().__init__([unit for way in ways for unit in way[:every]])


UPRIGHT, LYING = encode_h264(30, 720, 1280), encode_h264(30, 1280, 720)


async def test_a_phone_that_is_turned_now_and_then_stays_live() -> None:
    async with WhipDoor() as door, asyncio.timeout(60):
        slot = door.slots["t"] = FrameSlot()
        sizes: list[tuple[int, int]] = []

        async def answer(offer: str) -> str:
            headers = {"Authorization": "Bearer t", "Content-Type": "application/sdp"}
            async with aiohttp.ClientSession(headers=headers) as client:
                reply = await client.post(door.url, data=offer)
                return await reply.text()

        track = Turning([UPRIGHT, LYING], 24)
        async with Publisher(answer, tracks=[track]):

            def seen() -> bool:
                frame = slot.frame
                if frame is not None and sizes[-1:] != [(frame.width, frame.height)]:
                    sizes.append((frame.width, frame.height))
                return len(sizes) >= 5

            await until(seen, 30)
            assert sizes == [(720, 1280), (1280, 720)] * 2 + [(720, 1280)]
            assert door.links["t"].stats().fault == ""
            count = slot.count
            track.units = [UPRIGHT[0], LYING[0]]
            await until(lambda: door.links["t"].stats().fault == "camera.unstable", 10)
            held = slot.count
            print(f"a storm: {held - count} pictures passed before it was refused")  # noqa: T201
            assert slot.frame is not None, "the last good picture stays"
            track.units = LYING
            await until(lambda: door.links["t"].stats().fault == "", 15)
            await until(lambda: slot.count > held + 5, 10)

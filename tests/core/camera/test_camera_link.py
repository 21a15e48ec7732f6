"""A camera's link with stock aiortc publishers."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from genba.api.events import EndReason
from genba.errors import GenbaError
from genba.session.camera import AccessUnit, CameraLink, FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.lossy import LossySocket
from tests.kit.rtc import Publisher, UnitTrack, encode_h264
from tests.kit.sdp import AUDIO, VIDEO, offer
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Seat:
    """Where a camera's link is opened in a test."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.slot = FrameSlot()
        self.clock = MediaClock()
        self.units: list[AccessUnit] = []
        self.tap: Callable[[AccessUnit], None] = self.units.append
        self.sound_only = False
        self.links: list[CameraLink] = []

    async def answer(self, text: str) -> str:
        link = await CameraLink.open(
            self.socket,
            text,
            self.clock,
            self.slot,
            on_unit=self.tap,
            on_sound_only=self.sound_only,
        )
        self.links.append(link)
        return link.peer.answer

    @property
    def link(self) -> CameraLink:
        return self.links[-1]

    async def first_picture(self) -> None:
        async with asyncio.timeout(10):
            await self.link.first_picture.wait()


@pytest.fixture
async def seat() -> AsyncIterator[Seat]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        found = Seat(peer_socket)
        yield found
        for link in found.links:
            await link.close()


def decoders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "decoder"]


def heard(seat: Seat, blocks: int = 25) -> np.ndarray:
    """Return the sound of the last half second."""
    sound, start = seat.link.sound, seat.clock.now() - blocks * 0.02
    assert sound is not None
    return np.frombuffer(b"".join(sound.get(start + n * 0.02) for n in range(blocks)), "<i2")


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_pictures_arrive_decoded_and_encoded(
    seat: Seat, codec: Literal["H264", "VP8"]
) -> None:
    async with Publisher(seat.answer, codec):
        await seat.first_picture()
        await until(lambda: seat.slot.count >= 20)
        frame = seat.slot.frame
        assert frame is not None
        assert (frame.width, frame.height, frame.format.name) == (320, 240, "yuv420p")
        assert frame.to_ndarray()[:240].max() > 150  # the bar
        assert 0 <= seat.slot.time <= seat.clock.now()
        assert [unit.key for unit in seat.units[:3]] == [True, False, False]
        times = [unit.time for unit in seat.units]
        assert times == sorted(times)
        steps = np.diff([unit.ts for unit in seat.units])
        assert steps == pytest.approx(6000, abs=1)  # 15 a second
        stats = seat.link.stats()
        assert (stats.codec, stats.width, stats.height) == (codec.lower(), 320, 240)
        assert stats.pictures >= 20
        assert stats.fps > 5
        assert stats.loss == 0
        assert stats.last_picture_age is not None
        assert "SRTP" in stats.cipher
    async with asyncio.timeout(5):
        await seat.link.peer.closed.wait()
    assert seat.link.peer.reason == EndReason.LEFT
    await seat.link.close()
    assert decoders() == []
    assert seat.slot.frame is not None  # the last picture stays


async def test_sound_arrives(seat: Seat) -> None:
    async with Publisher(seat.answer, None):
        await until(lambda: seat.links and seat.link.sound and seat.link.sound.stats.received > 30)
        wave = heard(seat)
        assert 5000 < np.abs(wave).max() < 11000
        spectrum = np.abs(np.fft.rfft(wave[-9600:]))
        assert np.argmax(spectrum) == pytest.approx(440 / 5, abs=2)
        stats = seat.link.stats()
        assert stats.has_audio
        assert (stats.codec, stats.pictures, stats.last_picture_age) == ("opus", 0, None)
        assert seat.slot.frame is None
        assert not seat.link.first_picture.is_set()


async def test_sound_alone_is_taken_of_an_offer_with_both(seat: Seat) -> None:
    seat.sound_only = True
    answer = await seat.answer(offer(AUDIO, VIDEO))
    assert "m=video 0 " in answer
    assert seat.link.sound is not None


async def test_a_broken_tap_leaves_the_picture(seat: Seat) -> None:
    def broken(_: AccessUnit) -> None:
        raise RuntimeError("the tap is broken")

    seat.tap = broken
    async with Publisher(seat.answer):
        await until(lambda: seat.slot.count >= 5)


async def test_a_key_picture_comes_when_asked(seat: Seat) -> None:
    async with Publisher(seat.answer, audio=False):
        await until(lambda: len(seat.units) >= 5)
        assert sum(unit.key for unit in seat.units) == 1
        for _ in range(50):
            seat.link.request_key()
        await until(lambda: sum(unit.key for unit in seat.units) >= 2)
        assert seat.link._video is not None
        assert seat.link._video.request_key.asked <= 2


async def test_closing_ends_the_thread_and_twice_is_fine(seat: Seat) -> None:
    async with Publisher(seat.answer, audio=False):
        await seat.first_picture()
        assert len(decoders()) == 1
        await seat.link.close(EndReason.REPLACED)
        await seat.link.close()
        assert seat.link.peer.reason == EndReason.REPLACED
        assert decoders() == []


async def test_a_bad_offer_leaves_no_thread(seat: Seat) -> None:
    with pytest.raises(GenbaError):
        await seat.answer("v=0")
    assert decoders() == []
    assert seat.socket.peers == set()


async def test_a_lost_packet_is_asked_for_and_comes() -> None:
    number = 0

    def every_tenth(_: bytes) -> bool:
        nonlocal number
        number += 1
        return number % 10 == 0

    async with LossySocket(RtcOrder(), lambda _: False) as lossy:
        seat = Seat(lossy)
        track = UnitTrack(encode_h264(60, 640, 480))
        async with Publisher(seat.answer, tracks=[track]):
            await seat.first_picture()
            lossy.lose = every_tenth
            before = len(seat.units)
            await until(lambda: len(seat.units) >= before + 60)
            lossy.lose = lambda _: False
            video = seat.link._video
            assert video is not None
            await until(lambda: video.counts.recovered >= lossy.lost - 3)
            assert lossy.lost >= 5
            assert video.counts.skipped == 0
            assert video.request_key.asked == 0
            steps = np.diff([unit.ts for unit in seat.units])
            assert steps == pytest.approx(3000, abs=1)  # not one picture is missing
            assert seat.link._decoder.errors == 0
            assert seat.link.stats().loss > 0
        await seat.link.close()


async def test_what_is_lost_for_good_is_mended_by_a_key_picture() -> None:
    async with LossySocket(RtcOrder(), lambda _: False) as lossy:
        seat = Seat(lossy)
        async with Publisher(seat.answer, audio=False, fps=30):
            await seat.first_picture()
            await until(lambda: len(seat.units) >= 5)
            video = seat.link._video
            assert video is not None
            lossy.lose = lambda data: lossy.lost == 0 or data[1] & 127 == video._rtx
            await until(lambda: any(unit.damaged for unit in seat.units))
            unit = next(unit for unit in seat.units if unit.damaged)
            assert unit.key
            after = seat.slot.count
            await until(lambda: seat.slot.count >= after + 5)
            assert seat.link._decoder.errors == 0
        await seat.link.close()

from __future__ import annotations

import asyncio
import struct
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import numpy as np
import pytest
from aiortc.rtp import RTCP_PSFB_PLI, RtcpPsfbPacket, RtpPacket

from genba.api import EndReason, Layer
from genba.errors import GenbaError
from genba.session.compositor.mix import Mix
from genba.session.encoder import layer as layer_module
from genba.session.encoder.layers import Layers
from genba.session.mediaclock import MediaClock
from genba.session.peer.socket import PeerSocket
from genba.session.publishing.viewer import Viewer
from genba.wire.order import RtcOrder, ViewOrder
from tests.kit.movingview import MovingView, Tone
from tests.kit.rtc import Viewer as Guest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import av

    from genba.session.peer.ice import Address
    from genba.session.peer.train import Train

VIEW = ViewOrder(width=640, height=360, fps=30, kbps=1000)


class House:
    """One session's way out: a socket, layers, a moving view."""

    def __init__(self, socket: PeerSocket, layers: Layers, clock: MediaClock, tone: Tone) -> None:
        self.socket, self.layers, self.clock, self.tone = socket, layers, clock, tone
        self.viewers: list[Viewer] = []

    def answer(
        self, *, mix: Mix | None = None, with_video: bool = True
    ) -> Callable[[str], Awaitable[str]]:
        async def answered(offer: str) -> str:
            viewer = await Viewer.open(
                self.socket,
                offer,
                self.layers,
                self.clock,
                mix=mix or Mix.cameras(),
                with_video=with_video,
            )
            self.viewers.append(viewer)
            return viewer.peer.answer

        return answered


@pytest.fixture
async def house() -> AsyncIterator[House]:
    clock, tone = MediaClock(), Tone()
    layers = Layers(VIEW, clock, tone, asyncio.get_running_loop())
    async with PeerSocket(RtcOrder()) as socket:
        house = House(socket, layers, clock, tone)
        with MovingView(layers, clock, tone):
            yield house
        for viewer in house.viewers:
            await viewer.close(EndReason.SHUTDOWN)
    await layers.close()


def bars(frame: av.VideoFrame) -> int:
    """Return how many columns of the moving bar are seen."""
    return int((frame.to_ndarray(format="gray")[180] > 130).sum())


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_a_viewer_sees_and_hears(house: House, codec: str) -> None:
    async with Guest(house.answer(), [codec]) as guest:
        await guest.seen(pictures=20, sounds=20)
        (viewer,) = house.viewers
        assert viewer.codec == codec.lower()
        assert guest.picture is not None
        assert (guest.picture.width, guest.picture.height) == (640, 360)
        assert 30 <= bars(guest.picture) <= 50
        assert guest.sound is not None
        assert np.abs(guest.sound.to_ndarray()).max() > 2000
        running = [one for one in Layer if house.layers.video(one).stats().running]
        assert running == [Layer(viewer.codec)]
        stats = viewer.stats()
        assert stats.cipher
        assert stats.video is not None
        assert stats.video.pictures >= 20
        assert stats.audio is not None
        assert stats.audio.packets >= 20
        await viewer.close(EndReason.STOPPED)
        assert viewer.peer.reason is EndReason.STOPPED
    assert len(house.layers.video(Layer(viewer.codec)).fanout) == 0
    assert house.tone.listeners == []


async def test_h264_is_taken_where_both_are_offered(house: House) -> None:
    async with Guest(house.answer(), ["VP8", "H264"]):
        assert house.viewers[0].codec == "h264"


async def test_the_vp8_twin_is_made_only_for_who_needs_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer_module, "LINGER", 0.05)
    twin = house.layers.video(Layer.VP8)
    async with Guest(house.answer(), ["H264"]) as one:
        await one.seen(pictures=5)
        assert twin.stats().pictures == 0
        async with Guest(house.answer(), ["VP8"]) as other:
            await other.seen(pictures=5)
            assert twin.stats().running
        await house.viewers[1].peer.closed.wait()
        async with asyncio.timeout(5):
            while twin.stats().running:  # noqa: ASYNC110 (a timer ends it, nothing tells of it)
                await asyncio.sleep(0.01)
        await one.seen(pictures=one.pictures + 5)


async def test_many_viewers_cost_one_encoding(house: House) -> None:
    async with AsyncExitStack() as stack:
        guests = [
            await stack.enter_async_context(Guest(house.answer(), audio=False)) for _ in range(4)
        ]
        for guest in guests:
            await guest.seen(pictures=5)
        layer = house.layers.video(Layer.H264)
        assert len(layer.fanout) == 1
        stats = layer.stats()
        sent = [viewer.stats().video for viewer in house.viewers]
        assert all(one is not None and one.pictures <= stats.pictures for one in sent)


async def test_a_camera_hears_its_mix_and_sees_nothing(house: House) -> None:
    mix = Mix.for_camera("c:1")
    async with Guest(house.answer(mix=mix, with_video=False), video=False) as guest:
        await guest.seen(sounds=20)
        assert [one for one, _ in house.tone.listeners] == [mix]
        assert house.viewers[0].codec == "opus"
        assert house.viewers[0].stats().video is None


async def test_pictures_are_refused_where_sound_alone_is_meant(house: House) -> None:
    async with Guest(house.answer(with_video=False)) as guest:
        assert "m=video 0 " in guest.answer
        assert "m=audio 0 " not in guest.answer
        assert list(house.viewers[0].peer.parts) == ["audio"]


async def test_sound_alone_may_be_asked_for(house: House) -> None:
    async with Guest(house.answer(), video=False) as guest:
        await guest.seen(sounds=10)
        assert house.viewers[0].codec == "opus"


async def test_an_offer_without_a_common_codec_is_refused(house: House) -> None:
    with pytest.raises(GenbaError, match=r"offer\."):
        async with Guest(house.answer(with_video=False), audio=False):
            pass
    assert house.viewers == []


async def test_a_storm_of_requests_makes_few_key_pictures(house: House) -> None:
    async with Guest(house.answer(), ["H264"], audio=False) as guest:
        await guest.seen(pictures=5)
        viewer, layer = house.viewers[0], house.layers.video(Layer.H264)
        sender = viewer._senders["video"]
        (receiver,) = guest.pc.getReceivers()
        before, loop = layer.stats().key_frames, asyncio.get_running_loop()
        start = loop.time()
        for _ in range(200):
            await receiver._send_rtcp_pli(sender._ssrc)
            await asyncio.sleep(0.005)
        async with asyncio.timeout(5):
            while sender.stats.key_requests < 190:  # noqa: ASYNC110 (a counter tells nobody)
                await asyncio.sleep(0.01)
        elapsed = loop.time() - start
        keys = layer.stats().key_frames - before
        assert 1 <= keys <= elapsed / 0.25 + 2
        shown = guest.pictures
        await guest.seen(pictures=shown + 5)


async def test_a_blocked_viewer_drops_to_a_key_picture_while_others_go_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        Guest(house.answer(), ["H264"], audio=False) as one,
        Guest(house.answer(), ["H264"], audio=False) as other,
    ):
        await one.seen(pictures=5)
        await other.seen(pictures=5)
        peer, sender = house.viewers[0].peer, house.viewers[0]._senders["video"]
        real = peer.send
        monkeypatch.setattr(peer, "send", lambda _: False)
        shown, seen = one.pictures, other.pictures
        await other.seen(pictures=seen + 15)
        assert sender.stats.dropped >= 1
        assert one.pictures <= shown + 3  # what was under way already
        sent: list[bytes] = []

        def watched(train: Train) -> bool:
            sent.extend(train.packets())
            return real(train)

        monkeypatch.setattr(peer, "send", watched)
        await one.seen(pictures=one.pictures + 10)
        first = RtpPacket.parse(sent[0])
        assert first.payload[0] & 31 in (24, 28, 7)  # headers first: a key picture
        if first.payload[0] & 31 == 24:
            assert first.payload[3] & 31 == 7


async def test_lost_packets_are_sent_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Guest(house.answer(), ["H264"], audio=False) as guest:
        await guest.seen(pictures=5)
        viewer = house.viewers[0]
        sender, real = viewer._senders["video"], house.socket.send
        lost: list[int] = []

        def lossy(data: memoryview, size: int, address: Address) -> bool:
            for at in range(0, len(data), size):
                _, _, number, _, ssrc = struct.unpack_from("!BBHLL", data, at)
                if ssrc == sender._ssrc and number % 20 == 0:
                    lost.append(number)
                else:
                    real(data[at : at + size], address)
            return True

        monkeypatch.setattr(house.socket, "send_segments", lossy)
        await guest.seen(pictures=guest.pictures + 90)
        assert len(lost) >= 4
        assert sender.stats.resent >= len(lost) - 2  # the last may still be on its way
        assert sender.stats.missed == 0
        assert sender.stats.key_requests <= 1  # nothing had to begin anew


async def test_picture_and_sound_have_one_clock_and_one_name(house: House) -> None:
    async with Guest(house.answer(), ["H264"]) as guest:
        await guest.seen(pictures=40, sounds=40)
        senders = house.viewers[0]._senders
        assert senders["video"].cname == senders["audio"].cname
        assert guest.answer.count(f"cname:{senders['video'].cname}") >= 2
        assert len(guest.pc.getReceivers()) == 2


async def test_an_odd_packet_of_feedback_harms_nobody(house: House) -> None:
    async with Guest(house.answer(), ["H264"], audio=False) as guest:
        await guest.seen(pictures=5)
        sender = house.viewers[0]._senders["video"]
        (receiver,) = guest.pc.getReceivers()
        for fci in (b"", b"REMB", b"REMB\x09\0\0\0", b"x" * 40):
            data = bytes(RtcpPsfbPacket(15, 1, sender._ssrc, fci))
            await receiver.transport._send_rtp(data)
        await receiver.transport._send_rtp(
            bytes(RtcpPsfbPacket(RTCP_PSFB_PLI, 1, sender._ssrc, b""))
        )
        await guest.seen(pictures=guest.pictures + 10)
        assert not house.viewers[0].peer.closed.is_set()
        assert sender.stats.key_requests == 1

"""What a viewer's choice does to its sender, with real peers."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, cast

import pytest

from genba.api import EndReason, Layer
from genba.session.compositor.mix import Mix
from genba.session.encoder import layer as layer_module
from genba.session.encoder.layers import Layers
from genba.session.encoder.quality import Quality
from genba.session.mediaclock import MediaClock
from genba.session.peer.socket import PeerSocket
from genba.session.publishing.choice import Asked, Choice, Seen, Shed, Wish
from genba.session.publishing.viewer import Viewer
from genba.wire.order import RtcOrder, ViewOrder
from tests.kit.movingview import MovingView, Tone
from tests.kit.rtc import Viewer as Guest
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiortc.rtp import RtpPacket

VIEW = ViewOrder(fps=15)
LOW, STANDARD, HIGH = Quality


class House:
    """One session's way out."""

    def __init__(self, socket: PeerSocket, layers: Layers, clock: MediaClock) -> None:
        self.socket, self.layers, self.clock = socket, layers, clock
        self.viewers: list[Viewer] = []
        self.asked = Asked()

    async def answer(self, offer: str) -> str:
        viewer = await Viewer.open(
            self.socket, offer, self.layers, self.clock, mix=Mix.cameras(), asked=self.asked
        )
        self.viewers.append(viewer)
        return viewer.peer.answer

    def running(self) -> list[tuple[Layer, Quality]]:
        return [(c, q) for q in Quality for c in Layer if self.layers.video(c, q).running]


def recorded(guest: Guest, viewer: Viewer) -> list[RtpPacket]:
    """Return a list that the guest's packets of the picture go to."""
    receiver = next(r for r in guest.pc.getReceivers() if r.track.kind == "video")
    ssrc, real = viewer._senders["video"]._ssrc, receiver._handle_rtp_packet
    packets: list[RtpPacket] = []

    async def watched(packet: RtpPacket, arrival_time_ms: int) -> None:
        if packet.ssrc == ssrc and packet.payload:
            packets.append(packet)
        await real(packet, arrival_time_ms=arrival_time_ms)

    receiver._handle_rtp_packet = watched  # type: ignore[method-assign]  # to see what comes
    return packets


class Told:
    """A choice that says what it is told to."""

    def __init__(self, quality: Quality | None) -> None:
        self.quality: Quality | None = quality
        self.shed: Shed | None = None
        self.seen = Seen()

    def look(self, now: float, seen: Seen) -> Quality | None:
        del now
        self.seen = seen
        return self.quality


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(layer_module, "LINGER", 0.05)
    clock, tone = MediaClock(), Tone()
    layers = Layers(VIEW, clock, tone, asyncio.get_running_loop())
    async with PeerSocket(RtcOrder()) as socket:
        house = House(socket, layers, clock)
        with MovingView(layers, clock, tone):
            yield house
        for viewer in house.viewers:
            await viewer.close(EndReason.SHUTDOWN)
    await layers.close()


def tell(viewer: Viewer, quality: Quality | None, shed: Shed | None = None) -> None:
    """Have the viewer's choice say this from now on, and look."""
    assert viewer._tuner is not None
    told = Told(quality)
    told.shed = shed
    viewer._tuner._choice = cast("Choice", told)
    viewer.look({})


def lines(guest: Guest) -> int:
    return guest.picture.height if guest.picture is not None else 0


@pytest.mark.parametrize("codec", ["H264", "VP8"])
async def test_the_quality_changes_at_a_key_picture_with_numbers_unbroken(
    house: House, codec: str
) -> None:
    async with Guest(house.answer, [codec]) as guest:
        await guest.seen(pictures=5)
        viewer, layer = house.viewers[0], Layer(codec.lower())
        packets = recorded(guest, viewer)
        assert house.running() == [(layer, STANDARD)]
        for quality, height in ((LOW, 360), (STANDARD, 720)):
            before = guest.pictures
            tell(viewer, quality)
            await until(lambda height=height: lines(guest) == height)  # type: ignore[misc]
            assert guest.pictures > before
            await until(lambda: len(house.running()) == 1)
            assert house.running() == [(layer, quality)]
            assert viewer.viewing is not None
            assert (viewer.viewing.quality, viewer.viewing.lines) == (quality.value, height)
        await guest.seen(pictures=guest.pictures + 5)
        numbers = [packet.sequence_number for packet in packets]
        assert numbers == [(numbers[0] + n) & 0xFFFF for n in range(len(numbers))]
        times = [packet.timestamp for packet in packets]
        steps = [(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(times)]
        assert max(steps) < 1 << 31  # never back
        assert viewer._senders["video"].stats.key_requests == 0  # nothing was missing
    await until(lambda: house.running() == [])


async def test_whoever_asks_gets_it_at_the_next_look(house: House) -> None:
    async with Guest(house.answer, ["H264"]) as guest:
        await guest.seen(pictures=3)
        (viewer,) = house.viewers
        viewer.look({})
        for wish, height in ((Wish.LOW, 360), (Wish.HIGH, 1080), (Wish.AUTO, 720)):
            viewer.ask(wish)
            assert viewer.look(house.layers.rates())
            await until(lambda height=height: lines(guest) == height)  # type: ignore[misc]
            assert viewer.viewing is not None
            assert (viewer.viewing.wish, viewer.viewing.highest) == (wish.value, 1080)


async def test_a_wish_in_the_offer_s_address_spares_the_view_s_own_layer(house: House) -> None:
    house.asked = Asked(Wish.LOW)
    async with Guest(house.answer, ["H264"]) as guest:
        await guest.seen(pictures=3)
        assert lines(guest) == 360
        assert house.running() == [(Layer.H264, LOW)]
        assert house.layers.video(Layer.H264, STANDARD).stats().pictures == 0


async def test_one_who_is_shed_hears_on_and_comes_back_with_a_key_picture(house: House) -> None:
    async with Guest(house.answer, ["H264"]) as guest, Guest(house.answer, ["H264"]) as other:
        await guest.seen(pictures=3)
        await other.seen(pictures=3)
        viewer = house.viewers[0]
        tell(viewer, LOW)
        await until(lambda: lines(guest) == 360)
        tell(viewer, None, Shed.NARROW)
        assert viewer.viewing is not None
        assert (viewer.viewing.quality, viewer.viewing.shed) == (None, "narrow")
        await until(lambda: house.running() == [(Layer.H264, STANDARD)])
        shown, sounds, seen = guest.pictures, guest.sounds, other.pictures
        await guest.seen(sounds=sounds + 20)
        await other.seen(pictures=seen + 5)  # nobody else notices
        assert guest.pictures <= shown + 1
        packets = recorded(guest, viewer)
        tell(viewer, LOW)
        await guest.seen(pictures=guest.pictures + 5)
        assert packets[0].payload[0] & 31 in (24, 28, 7)  # headers first: a key picture


async def test_the_choice_sees_what_the_link_and_the_layer_say(house: House) -> None:
    async with Guest(house.answer, ["H264"], audio=False) as guest:
        await guest.seen(pictures=3)
        (viewer,) = house.viewers
        told = Told(STANDARD)
        assert viewer._tuner is not None
        viewer._tuner._choice = cast("Choice", told)
        stats = viewer._senders["video"].stats
        stats.loss, stats.dropped = 0.25, 3
        viewer.peer.outgoing.estimate.available = 1_500_000
        viewer.look({house.layers.video(Layer.H264): 900_000})
        assert told.seen == Seen(1_500_000, 900_000, 0.25, 3)


async def test_nobody_is_looked_after_whose_call_has_ended(house: House) -> None:
    async with Guest(house.answer, ["H264"]) as guest:
        await guest.seen(pictures=3)
    (viewer,) = house.viewers
    await viewer.peer.closed.wait()
    viewer.ask(Wish.LOW)
    assert not viewer.look({})
    await until(lambda: house.running() == [])


async def test_the_encoder_runs_before_the_call_stands(house: House) -> None:
    pictures: list[int] = []

    async def answer(offer: str) -> str:
        answered = await house.answer(offer)
        layer = house.layers.video(Layer.H264)
        assert layer.running
        async with asyncio.timeout(5):
            while not layer.stats().pictures:  # noqa: ASYNC110 (nobody listens yet)
                await asyncio.sleep(0.01)
        pictures.append(layer.stats().pictures)
        return answered

    async with Guest(answer, ["H264"]) as guest:
        assert pictures
        await guest.seen(pictures=1)

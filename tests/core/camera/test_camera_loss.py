"""A stock camera behind a wire that loses packets, 100 ms away: what is seen and heard of it."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from unittest import mock

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from genba.session.camera import CameraLink, FrameSlot
from genba.session.compositor.mixer import Mix, Mixer
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.lossy import LossySocket
from tests.kit.netns import Network, needs_namespaces
from tests.kit.rtc import PictureTrack, Publisher, ToneTrack
from tests.kit.until import until

if TYPE_CHECKING:
    import av
    from aiortc import MediaStreamTrack

    from genba.session.camera.sound import SoundStats

pytestmark = pytest.mark.soak
LONG = bool(os.environ.get("GENBA_SOAK"))
SECONDS = 25.0 if LONG else 5.0
LOSSES = (0.0, 0.02, 0.05, 0.10, 0.20) if LONG else (0.05,)
WAY = 0.050


class CountedSlot(FrameSlot):
    """Notes when pictures came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def put(self, frame: av.VideoFrame, time: float) -> None:
        self.times.append(_now())
        super().put(frame, time)


def _now() -> float:
    return time.monotonic()


@dataclass
class Seen:
    fps: float
    worst: float  # seconds between two pictures
    p95: float  # of the longest one in each second
    sound: SoundStats

    @property
    def heard(self) -> tuple[float, float, float]:
        """Shares of the blocks: played, made up, silent."""
        sound = self.sound
        whole = sound.played + sound.recovered + sound.concealed + sound.silent
        return (
            sound.played / whole,
            (sound.recovered + sound.concealed) / whole,
            sound.silent / whole,
        )


class House:
    """A camera's link on side a, mixed as a session does."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network
        self.chance = random.Random(4)  # noqa: S311  a network
        self.loss = 0.0  # of a wire in this process, where there is no network
        self._stack = AsyncExitStack()
        self.clock = MediaClock()
        self.slot = CountedSlot()
        self.mixer = Mixer(self.clock)
        self.link: CameraLink
        self.shown: av.VideoFrame | None = None

    async def __aenter__(self) -> Self:
        if self._network is None:
            made: PeerSocket = LossySocket(RtcOrder(), lambda _: self.chance.random() < self.loss)
            self._socket = await self._stack.enter_async_context(made)
        else:
            with self._network.inside("a"):
                rtc = RtcOrder(addresses=(self._network.address("a"),))
                self._socket = await self._stack.enter_async_context(PeerSocket(rtc))
        self.mixer.listen(Mix.everyone(), self._show)
        self.mixer.start()
        self._stack.push_async_callback(asyncio.to_thread, self.mixer.stop)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.link.close()
        await self._stack.aclose()

    async def answer(self, offer: str) -> str:
        self.link = await CameraLink.open(self._socket, offer, self.clock, self.slot)
        assert self.link.sound is not None
        self.mixer.add_input("camera", self.link.sound, supporter=False)
        return self.link.peer.answer

    def _show(self, _pcm: bytes, _time: float) -> None:
        """Look at the picture, as a compositor does."""
        self.shown = self.slot.frame

    async def watch(self, seconds: float) -> Seen:
        """Look and listen for a while."""
        sound = self.link.sound
        assert sound is not None
        before, start = sound.stats, _now()
        first = len(self.slot.times)
        await asyncio.sleep(seconds)
        after, times = sound.stats, [start, *self.slot.times[first:], _now()]
        gaps = [(at, at - last) for last, at in itertools.pairwise(times)]
        worst = sorted(
            max((gap for at, gap in gaps if n <= at - start < n + 1), default=1.0)
            for n in range(int(seconds))
        )
        for name in ("played", "recovered", "concealed", "silent", "late"):
            setattr(after, name, getattr(after, name) - getattr(before, name))
        return Seen((len(times) - 2) / seconds, worst[-1], worst[int(len(worst) * 0.95) - 1], after)


async def test_a_stock_peer_is_heard_through_loss_without_any_network_of_its_own() -> None:
    async with House() as house, Publisher(house.answer, fps=30):
        await until(lambda: len(house.slot.times) > 20, 30)
        for house.loss in (0.02, 0.05):
            seen = await house.watch(5.0)
            played, made, silent = seen.heard
            print(  # noqa: T201
                f"\n{house.loss:.0%} lost at once: {seen.fps:.1f} pictures/s, longest pause "
                f"{seen.worst * 1000:.0f} ms; sound {played:.1%} played, {made:.1%} made up, "
                f"{silent:.2%} silent, delay {seen.sound.delay * 1000:.0f} ms"
            )
            assert silent <= 0.10  # a machine that is busy elsewhere is late, too
            assert made > 0


@needs_namespaces
async def test_a_camera_is_seen_and_heard_through_loss() -> None:
    async with Network() as network, House(network) as house:
        await network.shape(delay=WAY)
        camera = Publisher(house.answer, tracks=[PictureTrack(640, 360, 30), ToneTrack()])
        camera.host = network.address("b")
        with network.inside("b"):
            async with camera:
                await until(lambda: len(house.slot.times) > 30, 30)
                for loss in LOSSES:
                    await network.shape(loss=loss)
                    seen = await house.watch(SECONDS)
                    played, made, silent = seen.heard
                    video = house.link._video
                    assert video is not None
                    print(  # noqa: T201
                        f"\n{loss:.0%} lost, 100 ms: {seen.fps:.1f} pictures/s, longest pause "
                        f"{seen.worst * 1000:.0f} ms (p95 of seconds {seen.p95 * 1000:.0f}); sound "
                        f"{played:.1%} played, {made:.1%} made up, {silent:.2%} silent, "
                        f"delay {seen.sound.delay * 1000:.0f} ms; {video.counts.asked} asked for, "
                        f"{video.counts.recovered} came, {video.counts.skipped} pictures skipped, "
                        f"{video.request_key.asked} key requests so far"
                    )
                    assert silent <= 0.10  # a machine that is busy elsewhere is late, too
                    assert seen.fps > 5
                assert not house.link.peer.closed.is_set()


@needs_namespaces
async def test_a_stock_receiver_for_comparison() -> None:
    """Print what aiortc's own receiver makes of the same wire."""
    async with Network() as network:
        await network.shape(delay=WAY)
        receiver = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        counts = {"video": 0, "audio": 0}
        tasks: list[asyncio.Task[None]] = []

        async def follow(track: MediaStreamTrack) -> None:
            while True:
                try:
                    await track.recv()
                except MediaStreamError:
                    return
                counts[track.kind] += 1

        receiver.on("track", lambda track: tasks.append(asyncio.create_task(follow(track))))

        async def answer(offer: str) -> str:
            host = network.address("a")
            with (
                network.inside("a"),
                mock.patch("aioice.ice.get_host_addresses", return_value=[host]),
            ):
                await receiver.setRemoteDescription(RTCSessionDescription(offer, "offer"))
                await receiver.setLocalDescription(await receiver.createAnswer())
            return receiver.localDescription.sdp

        camera = Publisher(answer, tracks=[PictureTrack(640, 360, 30), ToneTrack()])
        camera.host = network.address("b")
        with network.inside("b"):
            async with camera:
                await until(lambda: counts["audio"] > 50, 30)
                for loss in LOSSES:
                    await network.shape(loss=loss)
                    before = dict(counts)
                    await asyncio.sleep(SECONDS)
                    sound = (counts["audio"] - before["audio"]) * 0.02 / SECONDS
                    pictures = (counts["video"] - before["video"]) / SECONDS
                    print(  # noqa: T201
                        f"\n{loss:.0%} lost, 100 ms, a stock receiver: {pictures:.1f} pictures/s, "
                        f"sound for {sound:.1%} of the time"
                    )
        await receiver.close()
        await asyncio.gather(*tasks)

"""A viewer whose way becomes narrow and wide again, with real peers over a real bottleneck."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from aiortc.rtcdtlstransport import RTCCertificate

from genba.api import Packet
from genba.session.encoder.fanout import Fanout
from genba.session.mediaclock import MediaClock
from genba.session.peer.peer import Peer
from genba.session.peer.socket import PeerSocket
from genba.session.publishing.sender import Sender
from genba.session.publishing.stream import Stream
from genba.wire.order import RtcOrder
from tests.kit.netns import Network, needs_namespaces
from tests.kit.tellingviewer import TellingViewer

if TYPE_CHECKING:
    from genba.session.peer.offer import Kind, Pick

PICTURES: tuple[Kind, ...] = ("video",)
FPS = 30
WIDE, NARROW = 1_500_000, 1_000_000  # bit/s: what is sent, and what is left of the way


class Film:
    """Pictures of an encoder that asks nobody: 1.5 Mbit/s, a key picture of 40 kB when asked."""

    def __init__(self) -> None:
        self.clock = MediaClock()
        self.fanout: Fanout[Packet] = Fanout()
        self._random = random.Random(1)  # noqa: S311  the same film each time
        self._asked = True

    def ask(self) -> None:
        self._asked = True

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        begun, number, last_key = loop.time(), 0, -FPS
        while True:
            key = self._asked and number - last_key > FPS // 4
            if key:
                self._asked, last_key = False, number
            size = 40_000 if key else WIDE // FPS // 8
            data = b"\0\0\0\1" + (b"\x65" if key else b"\x41") + b"\x80" * size
            self.fanout.push(Packet("video", "h264", data, self.clock.now(), 1 / FPS, key))
            number += 1
            await asyncio.sleep(max(0.0, begun + number / FPS - loop.time()))


async def until_available(sender: Sender, low: float, high: float, limit: float) -> float:
    """Wait for an estimate within two bounds; return how long that took."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with asyncio.timeout(limit):
        while not low < sender.stats.available < high:  # noqa: ASYNC110  a figure sets no event
            await asyncio.sleep(0.05)
    return loop.time() - begun


@needs_namespaces
async def test_the_estimate_follows_the_way_down_and_up() -> None:
    film, senders = Film(), []

    def make(peer: Peer, pick: Pick) -> Sender:
        sender = Sender(
            *(peer, pick),
            stream=film.fanout.shared(Stream),
            clock=film.clock,
            cname="film",
            request_key=film.ask,
        )
        senders.append(sender)
        return sender

    async with Network() as net:
        await net.shape(delay=0.02)
        with net.inside("a"):
            socket = await PeerSocket(RtcOrder(addresses=(net.address("a"),))).__aenter__()
        try:

            async def ask(offer: str) -> str:
                return (await Peer.answer_to(socket, offer, "view", make, kinds=PICTURES)).answer

            with net.inside("b"):
                viewer = TellingViewer(ask, RTCCertificate.generateCertificate())
                await viewer.__aenter__()
            running = asyncio.create_task(film.run(), name="film")
            try:
                (sender,) = senders
                up = await until_available(sender, WIDE * 1.2, 1e9, 15)
                await net.shape("b", rate=NARROW)
                down = await until_available(sender, 0, NARROW * 1.1, 10)
                await net.shape("b", rate=0)
                again = await until_available(sender, WIDE * 1.2, 1e9, 30)
                print(  # noqa: T201
                    f"over {WIDE / 1e6} Mbit/s in {up:.1f} s; under {NARROW / 1e6} in {down:.1f} s "
                    f"of narrowing; over it again in {again:.1f} s of widening"
                )
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await viewer.__aexit__()
        finally:
            await socket.__aexit__()

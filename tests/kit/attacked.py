"""A camera whose call is attacked, and whether a single picture is missing afterwards."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from genba.session.camera import CameraLink, FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.rtc import Publisher, UnitTrack, encode_h264

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from aiortc import RTCDtlsTransport

    from genba.session.camera import AccessUnit

STEP = 3000  # of the 90 kHz clock: thirty pictures a second
BURST = 32  # datagrams between two turns of the loop


class Attacked:
    """The server's end of one camera, and the camera's own."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.slot = FrameSlot()
        self.units: list[AccessUnit] = []
        self.links: list[CameraLink] = []
        self.answers: list[str] = []
        self.camera: Publisher | None = None
        self._more = asyncio.Event()
        self._usual = 0.0
        self.setup = "actpass"  # what the camera is made to offer

    async def answer(self, text: str) -> str:
        text = text.replace("a=setup:actpass", f"a=setup:{self.setup}")
        link = await CameraLink.open(self.socket, text, MediaClock(), self.slot, on_unit=self._take)
        self.links.append(link)
        self.answers.append(link.peer.answer)
        return link.peer.answer

    def _take(self, unit: AccessUnit) -> None:
        self.units.append(unit)
        self._more.set()

    @property
    def link(self) -> CameraLink:
        return self.links[-1]

    @property
    def source(self) -> tuple[str, int]:
        """The address that the camera sends from."""
        route = self.link.peer._ice.route
        assert route is not None
        return route[0], route[1]

    @property
    def dtls(self) -> RTCDtlsTransport:
        """The camera's own end of DTLS: what it sends by it is authenticated."""
        assert self.camera is not None
        sender = self.camera.pc.getSenders()[0]
        return sender.transport

    async def pictures(self, count: int = 15, limit: float = 20) -> None:
        """Return once so many more have come."""
        goal = len(self.units) + count
        async with asyncio.timeout(limit):
            while len(self.units) < goal:
                self._more.clear()
                await self._more.wait()

    async def goes_on(self, count: int = 15) -> None:
        """Check that the call goes on, and that from its first picture on none is missing."""
        await self.pictures(count)
        assert not self.link.peer.closed.is_set()
        steps = np.diff([unit.ts for unit in self.units])
        assert set(steps.tolist()) == {STEP}, steps
        assert not any(unit.damaged for unit in self.units)

    def forge(self, data: bytes) -> None:
        """Have a datagram arrive whose source says that the camera sent it."""
        if len(data) >= 13:  # shorter ones end where the kernel hands them over
            self.socket._take(data, self.source, time.monotonic())

    async def send(self, how: Any, datagrams: Iterable[bytes]) -> None:
        """Send all by ``how``, with turns of the loop between."""
        for number, data in enumerate(datagrams):
            how(data)
            if number % BURST == 0:
                await asyncio.sleep(0)

    async def measured(self, name: str, how: Any, datagrams: list[bytes]) -> None:
        """Attack; go on; print how fast pictures came before and meanwhile."""
        if not self._usual:
            await self.goes_on(10)  # what piled up while it connected
            self._usual = await self._rate(how, [])
        found = await self._rate(how, datagrams)
        print(f"{name}: {len(datagrams)} datagrams, {self._usual:.1f} -> {found:.1f} fps")  # noqa: T201

    async def _rate(self, how: Any, datagrams: list[bytes]) -> float:
        loop = asyncio.get_running_loop()
        begun, had = loop.time(), len(self.units)
        await self.send(how, datagrams)
        await self.goes_on(10)
        return (len(self.units) - had) / (loop.time() - begun)


@asynccontextmanager
async def attacked(setup: str = "actpass") -> AsyncIterator[Attacked]:
    """Have a camera that sends; leave to hang up."""
    async with PeerSocket(RtcOrder()) as peer_socket:
        made = Attacked(peer_socket)
        made.setup = setup
        try:
            camera = Publisher(made.answer, tracks=[UnitTrack(encode_h264(30))])
            async with camera:
                made.camera = camera
                await camera.connected()
                await made.pictures(5)
                yield made
        finally:
            for link in made.links:
                await link.close()

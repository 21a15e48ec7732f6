"""What a peer with a good ticket and good keys can send: it harms its own call at most."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING, Any

import pylibsrtp
import pytest
from aiortc.rtp import RtcpByePacket, RtcpPsfbPacket, RtcpRtpfbPacket, pack_remb_fci
from OpenSSL import SSL

from genba.api.events import EndReason
from genba.session.encoder.keyrequests import GAP
from genba.session.peer import Peer
from genba.session.publishing.sender import RESENT, RESENT_AT_ONCE
from tests.kit.attacked import attacked
from tests.kit.desk import LIMIT, desk
from tests.kit.rtc import Publisher, ToneTrack, Viewer
from tests.kit.stranger import RANDOM, record
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aiortc import RTCDtlsTransport
    from aiortc.rtp import AnyRtcpPacket, RtpPacket

    from genba.session.peer import PeerSocket
    from tests.kit.attacked import Attacked


class Seat:
    """Another camera, of which only the sound is counted."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.packets = 0
        self.more = asyncio.Event()

    async def answer(self, text: str) -> str:
        peer = await Peer.answer_to(self.socket, text, "publish", lambda *_: self)
        return peer.answer

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def on_rtp(self, _packet: RtpPacket, _arrival: float) -> None:
        self.packets += 1
        self.more.set()

    async def _handle_rtcp_packet(self, _packet: AnyRtcpPacket) -> None: ...

    async def sounds(self, count: int) -> None:
        goal = self.packets + count
        async with asyncio.timeout(10):
            while self.packets < goal:
                self.more.clear()
                await self.more.wait()


def ssrc_of(call: Attacked) -> int:
    """The camera's own SSRC."""
    assert call.camera is not None
    return int(call.camera.pc.getSenders()[0]._ssrc)


def payload_type(call: Attacked) -> int:
    """What its pictures are sent as."""
    return int(call.link.peer._offer.taken[0].payload_type)


def odd_rtp(call: Attacked) -> list[bytes]:
    """RTP that is no RTP, padding and extensions that lie, payloads of nothing, other streams."""
    assert payload_type(call) != 127, "as the next stream of the camera it would be taken"
    lies = (
        (0x80, b""),
        (0x80, RANDOM.randbytes(40)),
        (0xA0, b"\x00"),  # padding of nothing, and more than there is
        (0xA0, b"\xff"),
        (0x90, struct.pack("!HH", 0xBEDE, 1) + b"\x1f\x01\x02\x03"),
        (0x90, struct.pack("!HH", 0xBEDE, 1) + b"\x3f\xff\xff\xff"),
        (0x90, struct.pack("!HH", 0x1000, 1) + b"\x01\xff\x00\x00"),
        (0x90, struct.pack("!HH", 0xABAC, 1) + bytes(4)),
        (0x8F, bytes(60)),
    )
    found = []
    for number in range(60):
        ssrc = RANDOM.getrandbits(32)  # of no stream: the camera's own would damage its pictures
        for step, (first, rest) in enumerate(lies):
            head = struct.pack("!BBHLL", first, 127, number * 16 + step + 1, 1, ssrc)
            found.append(head + rest)
    return found


def odd_rtcp(call: Attacked) -> list[bytes]:
    """RTCP of every type and format with random content, and good-looking lies."""
    own = ssrc_of(call)
    found = []
    for kind in range(200, 208):
        for count in range(32):
            body = RANDOM.randbytes(4 * RANDOM.randrange(8))
            found.append(
                struct.pack("!BBH", 0x80 | count, kind, len(body) // 4)
                + body
                + bytes(4 * (count % 2))
            )
    found += [
        bytes(RtcpByePacket([own])),
        bytes(RtcpByePacket([own, 0, 1])) * 8,
        bytes(RtcpPsfbPacket(15, own, 0, b"REMB\xff\xff\xff\xff")),
        bytes(RtcpPsfbPacket(4, own, 0, b"\x00" * 8)),
        struct.pack("!BBHL", 0x81, 200, 6, own) + bytes(24),  # a report of the year 1900
        struct.pack("!BBHL", 0x81, 200, 6, own) + b"\xff" * 24,
        struct.pack("!BBH", 0x81, 202, 2) + struct.pack("!LBB", own, 1, 255) + bytes(2),
    ]
    return found


async def send(dtls: RTCDtlsTransport, datagrams: list[bytes], *, rtcp: bool = False) -> None:
    """Protect and send, as the peer itself would."""
    srtp = dtls._tx_srtp
    for number, data in enumerate(datagrams):
        with contextlib.suppress(pylibsrtp.Error):  # libsrtp itself refuses to seal some of it
            await dtls.transport._send(srtp.protect_rtcp(data) if rtcp else srtp.protect(data))
        if number % 16 == 0:
            await asyncio.sleep(0)


@pytest.mark.parametrize("what", ["rtp", "rtcp"])
async def test_garbage_inside_srtp_costs_packets_and_not_the_call(what: str) -> None:
    async with attacked() as call:
        datagrams = odd_rtp(call) if what == "rtp" else odd_rtcp(call)
        await send(call.dtls, datagrams, rtcp=what == "rtcp")
        await call.goes_on()
        print(f"{len(datagrams)} odd {what} packets, {call.link.peer.errors} not usable")  # noqa: T201


async def test_garbage_in_the_cameras_own_stream_harms_that_camera_alone() -> None:
    """Its pictures may break; its call stands, and another camera loses nothing."""
    async with attacked() as call:
        other = Seat(call.socket)
        async with Publisher(other.answer, tracks=[ToneTrack()]):
            number, own = payload_type(call), ssrc_of(call)
            video = call.link._video
            assert video is not None
            for step in range(200):
                ahead = ((video.reception.top or 0) + 20 + step * 3) & 0xFFFF
                head = struct.pack("!BBHLL", 0x80, number, ahead, RANDOM.getrandbits(32), own)
                await send(call.dtls, [head + RANDOM.randbytes(RANDOM.randrange(1, 90))])
            await until(lambda: video.reception.received > 200)
            await other.sounds(25)
        assert not call.link.peer.closed.is_set()
    assert call.link.peer.reason is EndReason.LEFT, "it could still say goodbye"


async def test_a_goodbye_inside_rtcp_is_not_the_calls_end() -> None:
    async with attacked() as call:
        await send(call.dtls, [bytes(RtcpByePacket([ssrc_of(call)]))] * 50, rtcp=True)
        await call.goes_on()


async def test_application_data_is_ignored_and_does_not_heap_up() -> None:
    """SCTP, and datagrams of many records: the pump reads one record of each."""
    async with attacked() as call:
        dtls, server = call.dtls, call.link.peer._dtls
        for size in (1, 12, 100, 1200):
            for _ in range(50):
                await dtls._send_data(RANDOM.randbytes(size))
        await call.goes_on()
        assert dtls._ssl is not None
        for _ in range(100):
            for _ in range(20):
                dtls._ssl.send(RANDOM.randbytes(8))
            await dtls.transport._send(dtls._ssl.bio_read(2000))
        await call.goes_on()
        assert server.ignored == 100 * 19
        assert server._ssl is not None
        assert server._ssl.pending() == 0
        # Records that nobody has sealed, behind one that is good.
        dtls._ssl.send(b"x")
        await dtls.transport._send(dtls._ssl.bio_read(2000) + record(23, bytes(40), epoch=1) * 9)
        await call.goes_on()


@pytest.mark.parametrize("setup", ["active", "actpass"])
async def test_renegotiation_is_refused_and_the_call_goes_on(setup: str) -> None:
    """A ClientHello of the peer, or its HelloRequest, inside the encryption."""
    async with attacked(setup=setup) as call:
        dtls, server = call.dtls._ssl, call.link.peer._dtls._ssl
        assert dtls is not None
        assert server is not None
        assert call.link.peer.cipher.startswith("DTLSv1.2 ")
        for _ in range(20):
            dtls.renegotiate()
            with contextlib.suppress(SSL.Error):  # what this end makes of it is its own affair
                dtls.do_handshake()
            await call.dtls._write_ssl()
        await call.goes_on()
        assert server.total_renegotiations() == 0


def counts(state: dict[str, object]) -> dict[str, int]:
    figures = state["figures"]
    assert isinstance(figures, dict)
    return {**figures["counts"], "key_frames": figures["key_frames"]}


async def test_a_viewers_storm_of_feedback_is_bounded(tmp_path: Path) -> None:
    """NACK, PLI, FIR and REMB as fast as they can be sent; another viewer sees each picture."""
    loop = asyncio.get_running_loop()
    async with (
        desk(tmp_path) as session,
        Publisher(session.whip(name="現場")),
        Viewer(session.whep(name="a")) as bad,
        Viewer(session.whep(name="b")) as good,
    ):
        await bad.seen(pictures=10, limit=LIMIT)
        await good.seen(pictures=10, limit=LIMIT)
        receiver: Any = next(r for r in bad.pc.getReceivers() if r.track.kind == "video")
        dtls = receiver.transport
        ssrc = next(iter(receiver._RTCRtpReceiver__remote_streams))
        newest = receiver._RTCRtpReceiver__remote_streams[ssrc].max_seq
        before, begun = counts(await session.state()), loop.time()
        makers: list[Callable[[int], RtcpRtpfbPacket | RtcpPsfbPacket]] = [
            lambda n: RtcpRtpfbPacket(
                1, 1, ssrc, sorted((newest - n - k) & 0xFFFF for k in range(16))
            ),
            lambda _: RtcpPsfbPacket(1, 1, ssrc),
            lambda n: RtcpPsfbPacket(4, 1, 0, struct.pack("!LBxxx", ssrc, n & 255)),
            lambda n: RtcpPsfbPacket(15, 1, 0, pack_remb_fci(n, [ssrc])),
        ]
        storm = [bytes(make(number)) for number in range(400) for make in makers]
        asked = 400 * 16
        await send(dtls, storm, rtcp=True)
        await good.seen(pictures=good.pictures + 20, limit=LIMIT)
        after, took = counts(await session.state()), loop.time() - begun
        grown = {name: after[name] - before[name] for name in after}
        print(  # noqa: T201
            f"{asked} packets and 800 key pictures asked for in {took:.2f} s: "
            f"{grown['packets_resent']} resent, {grown['key_frames']} key pictures"
        )
        assert grown["packets_nacked"] > 0
        assert grown["packets_resent"] <= RESENT_AT_ONCE + RESENT * took
        assert grown["keys_from_viewers"] >= 400
        assert grown["key_frames"] <= 2 + took / GAP
        assert good.pc.connectionState == "connected"

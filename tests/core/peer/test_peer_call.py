"""Calls with stock aiortc peers, and what strangers can do to them."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
import socket
from typing import TYPE_CHECKING

import pytest
from aioice import stun
from aiortc import RTCCertificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from genba.api.events import EndReason
from genba.errors import GenbaError
from genba.session.peer import Peer, PeerSocket, Pick
from genba.wire.order import RtcOrder
from tests.kit.rtc import Publisher
from tests.kit.sdp import AUDIO, VIDEO, offer
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiortc.rtp import AnyRtcpPacket, RtpPacket


class Count:
    """A receiving part that only counts."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.packets = 0
        self.reports = 0
        self.started = self.stopped = False
        self.breaks = breaks
        self._more = asyncio.Event()

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def on_rtp(self, _packet: RtpPacket, _arrival: float) -> None:
        self.packets += 1
        self._more.set()
        if self.breaks:
            raise RuntimeError("this part breaks on each packet")

    async def _handle_rtcp_packet(self, _packet: AnyRtcpPacket) -> None:
        self.reports += 1

    async def more(self, count: int = 5) -> None:
        goal = self.packets + count
        async with asyncio.timeout(5):
            while self.packets < goal:
                self._more.clear()
                await self._more.wait()


class Desk:
    """Answers offers on one socket and keeps the peers."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.peers: list[Peer] = []
        self.setup = "actpass"
        self.breaks = False

    def make(self, _peer: Peer, _pick: Pick) -> Count:
        return Count(breaks=self.breaks)

    async def answer(self, text: str) -> str:
        text = text.replace("a=setup:actpass", f"a=setup:{self.setup}")
        peer = await Peer.answer_to(self.socket, text, "publish", self.make)
        self.peers.append(peer)
        return peer.answer

    def part(self, kind: str = "audio") -> Count:
        part = self.peers[-1].parts[kind]
        assert isinstance(part, Count)
        return part

    async def connected(self) -> Peer:
        async with asyncio.timeout(10):
            await self.peers[-1].connected.wait()
        return self.peers[-1]


async def closed(peer: Peer) -> EndReason:
    async with asyncio.timeout(10):
        await peer.closed.wait()
    return peer.reason


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        yield Desk(peer_socket)


async def test_connects_measures_and_hears_the_goodbye(desk: Desk) -> None:
    async with Publisher(desk.answer) as camera:
        peer = await desk.connected()
        await desk.part("video").more()
        await desk.part("audio").more()
        await camera.connected()
        assert re.fullmatch(r"DTLSv1\.[23] \S+ SRTP_\S+", peer.cipher)
        assert desk.part().started
        await until(lambda: peer.rtt is not None)
        assert peer.rtt is not None
        assert 0 < peer.rtt < 1
    assert await closed(peer) == EndReason.LEFT
    assert desk.part("video").stopped
    assert desk.socket.peers == set()


async def test_our_goodbye_is_heard_and_closing_twice_is_fine(desk: Desk) -> None:
    async with Publisher(desk.answer, None) as camera:
        peer = await desk.connected()
        await camera.connected()
        await asyncio.gather(peer.close(EndReason.REPLACED), peer.close())
        await peer.close(EndReason.FAILED)
        assert peer.reason == EndReason.REPLACED
        await until(lambda: camera.pc.connectionState == "closed")
        assert not peer.ready


async def test_a_peer_that_offers_active_begins(desk: Desk) -> None:
    desk.setup = "active"
    async with Publisher(desk.answer, None) as camera:
        assert "a=setup:passive" in camera.answer
        await desk.connected()
        await desk.part().more()


class RsaCertificate(RTCCertificate):
    """What GStreamer and some FFmpeg builds make."""

    @classmethod
    def make(cls) -> RsaCertificate:
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rsa")])
        now = dt.datetime.now(dt.UTC)
        day = dt.timedelta(days=1)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        builder = builder.public_key(key.public_key())
        builder = builder.not_valid_before(now - day).not_valid_after(now + day)
        return cls(key, builder.sign(key, hashes.SHA256()))  # type: ignore[arg-type]  # not EC

    def _create_ssl_context(self, srtp_profiles: list[object]) -> object:  # type: ignore[override]
        context = super()._create_ssl_context(srtp_profiles)  # type: ignore[arg-type]
        context.set_cipher_list(b"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
        return context


@pytest.mark.parametrize("setup", ["actpass", "active"])
async def test_a_peer_with_an_rsa_certificate(desk: Desk, setup: str) -> None:
    desk.setup = setup
    camera = Publisher(desk.answer, None)
    camera.pc._RTCPeerConnection__certificates = [RsaCertificate.make()]  # type: ignore[attr-defined]
    async with camera:
        peer = await desk.connected()
        await desk.part().more()
        assert ("RSA" in peer.cipher) == (setup == "actpass")  # whose certificate decides


JUNK = [
    b"",
    b"\x80",
    b"\x16\xfe\xff" + bytes(8) + b"\x00\x20" + bytes(32),  # a ClientHello's beginning
    b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",  # a fatal alert
    b"\x80\x60" + bytes(1000),
    b"\x80\xc8" + bytes(200),
    b"\x00\x01\x00\x08\x21\x12\xa4\x42" + bytes(12) + b"\x00\x06\xff\xff" + bytes(4),
    b"\x01\x01\x00\x00\x21\x12\xa4\x42" + bytes(12),
    b"\xff" * 100,
    bytes(3000),
]


async def test_junk_of_a_stranger_leaves_a_call_alone(desk: Desk) -> None:
    async with Publisher(desk.answer, None):
        peer = await desk.connected()
        await desk.part().more()
        before = desk.socket.dropped
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            for _ in range(20):
                for data in (*JUNK, os.urandom(100)):
                    stranger.sendto(data, ("127.0.0.1", desk.socket.port))
                await desk.part().more(1)
            with pytest.raises(BlockingIOError):
                stranger.recv(2048)  # a stranger is never answered
        await desk.part().more()
        assert desk.socket.dropped >= before + 20 * len(JUNK)
        assert not peer.closed.is_set()
        assert peer.errors == 0


async def test_a_strangers_client_hello_does_not_disturb_the_handshake(desk: Desk) -> None:
    hello = bytes.fromhex("16feff0000000000000000") + b"\x00\x36\x01" + bytes(53)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:

        async def answer(text: str) -> str:
            found = await desk.answer(text)
            for _ in range(16):
                stranger.sendto(hello, ("127.0.0.1", desk.socket.port))
            return found

        desk.setup = "active"
        async with Publisher(answer, None):
            for _ in range(16):
                stranger.sendto(hello, ("127.0.0.1", desk.socket.port))
            await desk.connected()
            await desk.part().more()
            assert desk.socket.dropped >= 16


async def test_a_wrong_password_is_not_answered(desk: Desk) -> None:
    async with Publisher(desk.answer, None) as camera:
        await desk.connected()
        found = re.search(r"a=ice-ufrag:(\S+)", camera.answer)
        assert found is not None
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{found[1]}:abcd"
        request.add_message_integrity(b"guessed")
        before = desk.socket.dropped
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            stranger.sendto(bytes(request), ("127.0.0.1", desk.socket.port))
            await until(lambda: desk.socket.dropped > before)
            with pytest.raises(BlockingIOError):
                stranger.recv(2048)


async def test_another_fingerprint_is_refused(desk: Desk) -> None:
    async def answer(text: str) -> str:
        return await desk.answer(re.sub(r"(sha-\d+) ..:..", r"\1 00:00", text))

    async with Publisher(answer, None):
        assert await closed(desk.peers[-1]) == EndReason.FAILED
        assert not desk.peers[-1].connected.is_set()
        assert not desk.part().started
        assert desk.part().stopped


async def test_a_peer_that_never_comes_is_given_up() -> None:
    async with PeerSocket(RtcOrder(), deadline=0.1) as peer_socket:
        desk = Desk(peer_socket)
        await desk.answer(offer(AUDIO))
        assert await closed(desk.peers[-1]) == EndReason.LOST


async def test_a_peer_that_falls_silent_is_lost() -> None:
    async with PeerSocket(RtcOrder(), consent=0.5) as peer_socket:
        desk = Desk(peer_socket)
        async with Publisher(desk.answer, None):
            peer = await desk.connected()
            await desk.part().more()
            peer_socket._take = lambda *_: None  # type: ignore[method-assign]
            assert await closed(peer) == EndReason.LOST


async def test_a_part_that_breaks_costs_packets_not_the_call(desk: Desk) -> None:
    desk.breaks = True
    async with Publisher(desk.answer, None):
        peer = await desk.connected()
        await desk.part().more(20)
        assert not peer.closed.is_set()
        assert peer.errors >= 20


async def test_two_sockets_in_one_process(desk: Desk) -> None:
    async with Publisher(desk.answer, None):
        second = PeerSocket(RtcOrder())
        async with second, Publisher((other := Desk(second)).answer, None):
            assert second.port != desk.socket.port
            await desk.part().more()
            await other.part().more()
            await second.__aexit__()
            assert other.peers[0].reason == EndReason.SHUTDOWN
        await desk.part().more()
        assert not desk.peers[0].closed.is_set()


async def test_trickled_candidates_are_taken_and_restarts_refused(desk: Desk) -> None:
    await desk.answer(offer(AUDIO))
    peer = desk.peers[-1]
    await peer.trickle("")
    await peer.trickle(
        "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\nm=audio 9 RTP/AVP 0\r\n"
        "a=mid:0\r\na=candidate:1 1 udp 1 1b2f.local 9 typ host\r\na=end-of-candidates\r\n"
    )
    for fragment, code in (("a=ice-ufrag:efgh\r\n", "ice.restart"), ("<html>", "offer.malformed")):
        with pytest.raises(GenbaError) as caught:
            await peer.trickle(fragment)
        assert caught.value.code == code
    await peer.close()


async def test_a_part_that_cannot_be_made_leaves_nothing_behind(desk: Desk) -> None:
    def refuse(peer: Peer, pick: Pick) -> Count:
        raise GenbaError("offer.unacceptable")

    with pytest.raises(GenbaError):
        await Peer.answer_to(desk.socket, offer(AUDIO), "publish", refuse)
    assert desk.socket.peers == set()
    assert desk.socket._by_ufrag == {}


async def test_unsupported_sections_get_port_0_in_the_answer(desk: Desk) -> None:
    async with Publisher(
        desk.answer,
        more=lambda pc: (
            pc.createDataChannel("x"),
            pc.addTransceiver("video", direction="recvonly"),
        ),
    ) as camera:
        await desk.connected()
        await desk.part("video").more()
        ports = re.findall(r"m=(\w+) (\d+)", camera.answer)
        taken = str(desk.socket.port)
        assert sorted(ports) == sorted(
            [("video", "0"), ("application", "0"), ("video", taken), ("audio", taken)]
        )


async def test_start_rate_and_addresses_in_the_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        order = RtcOrder(public_addresses=("203.0.113.9",), port_low=port, port_high=port + 5)
        async with PeerSocket(order) as peer_socket:
            assert port < peer_socket.port <= port + 5
            peer = await Peer.answer_to(
                peer_socket,
                offer(AUDIO, VIDEO),
                "publish",
                lambda *_: Count(),
                start_kbps=1800,
            )
            assert "a=fmtp:96 x-google-start-bitrate=1800" in peer.answer
            outside, inside = re.findall(r"udp \d+ (\S+) (\d+) typ host", peer.answer)
            assert outside == ("203.0.113.9", str(peer_socket.port))
            assert inside == ("127.0.0.1", str(peer_socket.port))
            assert "c=IN IP4 203.0.113.9" in peer.answer
            assert peer.etag.startswith('"')
            assert len({peer.id, peer.etag}) == 2
        assert await closed(peer) == EndReason.SHUTDOWN
        with pytest.raises(GenbaError) as caught:
            async with PeerSocket(RtcOrder(port_low=port, port_high=port)):
                raise AssertionError("the port is taken")
        assert caught.value.code == "rtc.no_port"


async def test_several_addresses_are_all_candidates() -> None:
    order = RtcOrder(addresses=("127.0.0.1", "::1"))
    async with PeerSocket(order) as peer_socket:
        peer = await Peer.answer_to(peer_socket, offer(AUDIO), "publish", lambda *_: Count())
        found = re.findall(r"udp (\d+) (\S+) \d+ typ host", peer.answer)
        assert [address for _, address in found] == ["127.0.0.1", "::1"]
        assert int(found[0][0]) > int(found[1][0])

"""What strangers, and peers that are none, do while calls are being set up."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from aiortc import RTCCertificate

from genba.api.events import EndReason
from genba.session.peer import Peer, PeerSocket, Pick
from genba.wire.order import RtcOrder
from tests.kit.rtc import Publisher, ToneTrack
from tests.kit.stranger import alert, check, client_hello, credentials, junk, stranger

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiortc.rtp import AnyRtcpPacket, RtpPacket
    from OpenSSL import SSL

CALLS, HELLOS = 20, 16
DTLS_1_0, DTLS_1_2 = 0xFEFF, 0xFEFD


class Ear:
    """Hears the first packet."""

    def __init__(self) -> None:
        self.heard = asyncio.Event()

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def on_rtp(self, _packet: RtpPacket, _arrival: float) -> None:
        self.heard.set()

    async def _handle_rtcp_packet(self, _packet: AnyRtcpPacket) -> None: ...


class Door:
    """Answers offers; ``setup`` is what the client is made to offer."""

    def __init__(self, peer_socket: PeerSocket, setup: str = "actpass") -> None:
        self.socket = peer_socket
        self.setup = setup
        self.ear = Ear()
        self.peer: Peer | None = None

    def make(self, _peer: Peer, _pick: Pick) -> Ear:
        return self.ear

    async def answer(self, text: str) -> str:
        text = text.replace("a=setup:actpass", f"a=setup:{self.setup}")
        self.peer = await Peer.answer_to(self.socket, text, "publish", self.make)
        return self.peer.answer


@pytest.fixture
async def peer_socket() -> AsyncIterator[PeerSocket]:
    async with PeerSocket(RtcOrder()) as made:
        yield made


async def test_a_client_hello_race_loses_no_call(peer_socket: PeerSocket) -> None:
    """Twenty calls, half of them in each DTLS role, between two volleys each."""
    connected = 0
    with stranger(peer_socket.port) as other:

        def volley() -> None:
            for _ in range(HELLOS):
                other.send(client_hello())
            for data in (b"", alert(), bytes(13), *junk()[-4:]):
                other.send(data)

        async def call(number: int) -> None:
            nonlocal connected
            door = Door(peer_socket, "active" if number % 2 else "actpass")

            async def answer(text: str) -> str:
                found = await door.answer(text)
                volley()
                return found

            volley()
            async with Publisher(answer, tracks=[ToneTrack()]):
                volley()
                async with asyncio.timeout(10):
                    await door.ear.heard.wait()
            connected += 1

        for first in range(0, CALLS, 5):
            await asyncio.gather(*(call(first + number) for number in range(5)))
        with pytest.raises(BlockingIOError):
            other.recv(2048)
    print(f"{connected} of {CALLS} calls connected; {peer_socket.dropped} datagrams dropped")  # noqa: T201
    assert connected == CALLS
    assert peer_socket.dropped >= CALLS * 3 * HELLOS


class VersionCertificate(RTCCertificate):
    """Speaks one version of DTLS, with every suite that OpenSSL still has."""

    version = DTLS_1_2

    def _create_ssl_context(self, srtp_profiles: Any) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        context.set_min_proto_version(self.version)
        context.set_max_proto_version(self.version)
        return context


@pytest.mark.parametrize("setup", ["active", "actpass"])
@pytest.mark.parametrize(("version", "taken"), [(DTLS_1_0, False), (DTLS_1_2, True)])
async def test_dtls_below_1_2_is_refused(
    monkeypatch: pytest.MonkeyPatch, setup: str, version: int, *, taken: bool
) -> None:
    # OpenSSL's own rules would refuse 1.0 too: here they do not help.
    monkeypatch.setattr("genba.session.peer.certificate.CIPHERS", b"ALL:@SECLEVEL=0")
    async with PeerSocket(RtcOrder()) as peer_socket:
        await _try_version(peer_socket, setup, version, taken=taken)


async def _try_version(peer_socket: PeerSocket, setup: str, version: int, *, taken: bool) -> None:
    door = Door(peer_socket, setup)
    camera = Publisher(door.answer, tracks=[ToneTrack()])
    certificate = VersionCertificate.generateCertificate()
    certificate.version = version
    camera.pc._RTCPeerConnection__certificates = [certificate]  # type: ignore[attr-defined]
    async with camera:
        peer = door.peer
        assert peer is not None
        async with asyncio.timeout(15):
            if taken:
                await peer.connected.wait()
                assert peer.cipher.startswith("DTLSv1.2 ")
            else:
                await peer.closed.wait()
                assert not peer.connected.is_set()
                assert peer.reason in (EndReason.FAILED, EndReason.LOST)


async def test_a_peer_in_the_middle_with_its_own_certificate_is_refused(
    peer_socket: PeerSocket,
) -> None:
    """It has all that the signalling showed, but not the key of the certificate that it names."""
    named = RTCCertificate.generateCertificate().getFingerprints()[0].value
    door = Door(peer_socket)

    async def answer(text: str) -> str:
        lines = re.sub(r"a=fingerprint:sha-(384|512) \S+\r\n", "", text)
        return await door.answer(re.sub(r"(sha-256) \S+", rf"\1 {named}", lines))

    async with Publisher(answer, tracks=[ToneTrack()]):
        peer = door.peer
        assert peer is not None
        async with asyncio.timeout(10):
            await peer.closed.wait()
        assert peer.reason is EndReason.FAILED
        assert not peer.connected.is_set()
        assert not door.ear.heard.is_set()


async def test_who_knows_the_password_but_has_no_certificate_gets_no_further(
    peer_socket: PeerSocket,
) -> None:
    """A ClientHello of NULL suites, from an address that has shown the password."""
    peer_socket.deadline = 0.5
    door = Door(peer_socket, "active")
    camera = Publisher(door.answer, tracks=[ToneTrack()])
    camera.prepare()
    await camera.pc.setLocalDescription(await camera.pc.createOffer())
    answer = await door.answer(camera.pc.localDescription.sdp)
    await camera.pc.close()
    ufrag, password = credentials(answer)
    with stranger(peer_socket.port) as other:
        other.send(check(ufrag, password.encode()))
        for _ in range(HELLOS):
            other.send(client_hello())
        peer = door.peer
        assert peer is not None
        async with asyncio.timeout(10):
            await peer.closed.wait()
    assert not peer.connected.is_set()
    assert peer_socket.peers == set()
    assert peer_socket._by_ufrag == {}

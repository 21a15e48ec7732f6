"""Peers that know the older suites of FFmpeg's builds alone, in either DTLS role."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiortc import RTCCertificate

from genba.api import EndReason
from genba.session.camera.link import CameraLink
from genba.session.camera.slot import FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.rtc import Publisher
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiortc.rtcdtlstransport import SRTPProtectionProfile
    from OpenSSL import SSL


class Narrow(RTCCertificate):
    """A certificate whose owner knows these suites alone."""

    suites = b""

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        context = super()._create_ssl_context(srtp_profiles)
        context.set_cipher_list(self.suites)
        return context


class Booth:
    """Answers one camera."""

    def __init__(self, peers: PeerSocket) -> None:
        self.peers, self.setup, self.slot = peers, "actpass", FrameSlot()

    async def answer(self, text: str) -> str:
        text = text.replace("a=setup:actpass", f"a=setup:{self.setup}")
        self.link = await CameraLink.open(self.peers, text, MediaClock(), self.slot)
        return self.link.peer.answer


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    async with PeerSocket(RtcOrder()) as peers:
        found = Booth(peers)
        yield found
        await found.link.close()


def camera(booth: Booth, suites: bytes, setup: str) -> Publisher:
    found = Publisher(booth.answer)
    certificate = Narrow.generateCertificate()
    assert isinstance(certificate, Narrow)
    certificate.suites = suites
    found.pc._RTCPeerConnection__certificates = [certificate]  # type: ignore[attr-defined]
    booth.setup = setup
    return found


@pytest.mark.parametrize("setup", ["passive", "active"])
@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"])
async def test_cbc_alone_is_enough(booth: Booth, suite: str, setup: str) -> None:
    async with camera(booth, suite.encode(), setup):
        await until(lambda: booth.slot.count >= 5)
        assert f" {suite} " in booth.link.peer.cipher


@pytest.mark.parametrize("setup", ["passive", "active"])
async def test_a_suite_without_forward_secrecy_or_encryption_is_refused(
    booth: Booth, setup: str
) -> None:
    async with camera(booth, b"AES128-SHA:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0", setup):
        async with asyncio.timeout(15):
            await booth.link.peer.closed.wait()
        assert booth.link.peer.reason is EndReason.FAILED
        assert booth.slot.count == 0

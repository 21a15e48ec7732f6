"""Foreign programs as cameras, through a WHIP server on 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import TYPE_CHECKING

import imageio_ffmpeg
import numpy as np
import pytest
from aiortc.rtcdtlstransport import RTCCertificate
from cryptography.hazmat.primitives.asymmetric import rsa

from genba.session.camera import CameraLink, FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.wire.order import RtcOrder
from tests.kit.foreign.certificates import write_certificate
from tests.kit.until import until
from tests.kit.whip import whip_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


class Booth:
    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.slot, self.clock = FrameSlot(), MediaClock()
        self.link: CameraLink | None = None
        self.url = ""

    async def answer(self, text: str) -> str:
        self.link = await CameraLink.open(self.socket, text, self.clock, self.slot)
        return self.link.peer.answer

    async def shows(self, pictures: int, blocks: int) -> CameraLink:
        await until(lambda: self.slot.count >= pictures, limit=20)
        assert self.link is not None
        sound = self.link.sound
        assert sound is not None
        await until(lambda: sound.stats.received >= blocks)
        return self.link


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        found = Booth(peer_socket)
        async with whip_server(found.answer) as found.url:
            yield found
        if found.link is not None:
            await found.link.close()


def ffmpeg(url: str, *options: str) -> contextlib.AbstractAsyncContextManager[None]:
    picture_and_sound = (
        "-re -f lavfi -i testsrc=s=320x240:r=15 -f lavfi -i sine -c:v libx264 -profile:v baseline "
        "-tune zerolatency -preset ultrafast -pix_fmt yuv420p -g 15 -c:a libopus -ar 48000 -ac 2"
    )
    return program(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *("-hide_banner", "-loglevel", "error", "-nostdin"),
        *picture_and_sound.split(),
        *("-f", "whip", "-authorization", "token", *options, url),
    )


@contextlib.asynccontextmanager
async def program(*command: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(*command)
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@pytest.mark.parametrize("flags", [(), ("-whip_flags", "dtls_active")], ids=["passive", "active"])
async def test_ffmpeg_publishes_picture_and_stereo_sound(
    booth: Booth, flags: tuple[str, ...]
) -> None:
    async with ffmpeg(booth.url, *flags):
        link = await booth.shows(20, 40)
        assert link.stats().codec == "h264"
        assert link.sound is not None
        start = booth.clock.now() - 0.6
        blocks = [link.sound.get(start + n * 0.02) for n in range(30)]
        wave = np.frombuffer(b"".join(blocks), "<i2")
        assert np.abs(wave).max() > 1000
    async with asyncio.timeout(10):
        await link.peer.closed.wait()  # it says goodbye


async def test_ffmpeg_with_an_rsa_certificate(booth: Booth, tmp_path: Path) -> None:
    write_certificate(tmp_path, await asyncio.to_thread(rsa.generate_private_key, 65537, 2048))
    files = ("-cert_file", str(tmp_path / "c.pem"), "-key_file", str(tmp_path / "k.pem"))
    async with ffmpeg(booth.url, *files):
        link = await booth.shows(5, 5)
        assert "ECDHE-RSA" in link.peer.cipher


async def test_pyav_publishes_with_a_p256_key(booth: Booth, tmp_path: Path) -> None:
    files = write_certificate(tmp_path)
    async with program(sys.executable, "-m", "tests.kit.pyavcamera", booth.url, "token", *files):
        await booth.shows(10, 10)


def test_our_own_certificate_is_p256() -> None:
    key = RTCCertificate.generateCertificate()._key
    assert key.curve.name == "secp256r1"

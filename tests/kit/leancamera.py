"""A camera that costs next to nothing: real ICE, DTLS and SRTP, and pictures coded beforehand.

``python -m tests.kit.leancamera COUNT SECONDS`` is a program that sends as many of them: each
offer is a line of JSON on stdout, and its answer a line on stdin.
"""

from __future__ import annotations

import asyncio
import fractions
import json
import struct
import sys
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtcdtlstransport import RTCCertificate

from tests.kit.leanviewer import AUDIO, RTX, VIDEO, LeanViewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

MID, TWCC = 4, 5  # numbers of header extensions, as Chromium has them
STEP = 0.005  # seconds between two bursts of a picture's packets: Chromium's pacer
AT_ONCE = 4  # packets a burst
_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
_TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


def busy(count: int, kbps: int = 2500, width: int = 1280, height: int = 720) -> list[bytes]:
    """Encode a scene that is as dear as a camera's: ``kbps`` at 30 pictures a second."""
    codec = av.CodecContext.create("libx264", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = fractions.Fraction(1, 30), fractions.Fraction(30)
    codec.gop_size, codec.thread_count, codec.bit_rate = count, 1, kbps * 1000
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "x264-params": f"scenecut=0:repeat-headers=1:vbv-maxrate={kbps}:vbv-bufsize={kbps // 8}",
    }
    random = np.random.default_rng(1)
    scene = np.repeat(np.repeat(random.integers(0, 256, (270, 480), np.uint8), 4, 0), 4, 1)
    units: list[bytes] = []
    for number in range(count):
        frame = av.VideoFrame(width, height, "yuv420p")
        x, y = 3 * number, 2 * number
        luma = np.zeros((height, frame.planes[0].line_size), np.uint8)
        luma[:, :width] = scene[y : y + height, x : x + width]
        luma[:, :width] += random.integers(0, 12, (height, width), np.uint8)
        frame.planes[0].update(luma.tobytes())
        for plane in frame.planes[1:]:
            plane.update(bytes([128]) * plane.buffer_size)
        frame.pts, frame.time_base = number, fractions.Fraction(1, 30)
        units += [bytes(packet) for packet in codec.encode(frame)]
    return units + [bytes(packet) for packet in codec.encode(None)]


def offer(ufrag: str, password: str, fingerprint: str) -> str:
    """Return what a phone's browser would offer, without what nobody reads."""
    transport = (
        f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n"
        "a=setup:actpass\r\na=rtcp-mux\r\na=sendonly\r\n"
        f"a=extmap:{MID} {_MID}\r\na=extmap:{TWCC} {_TWCC}\r\n"
    )
    return (
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
        f"m=video 9 UDP/TLS/RTP/SAVPF {VIDEO} {RTX}\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\n{transport}"
        f"a=rtpmap:{VIDEO} H264/90000\r\n"
        f"a=fmtp:{VIDEO} packetization-mode=1;profile-level-id=42e01f\r\n"
        f"a=rtcp-fb:{VIDEO} nack\r\na=rtcp-fb:{VIDEO} nack pli\r\n"
        f"a=rtcp-fb:{VIDEO} transport-cc\r\n"
        f"a=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VIDEO}\r\n"
        f"m=audio 9 UDP/TLS/RTP/SAVPF {AUDIO}\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n{transport}"
        f"a=rtpmap:{AUDIO} opus/48000/2\r\na=rtcp-fb:{AUDIO} transport-cc\r\n"
    )


class LeanCamera(LeanViewer):
    """Enter to connect; then ``send`` for as long as it is to be seen."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[str]],
        certificate: RTCCertificate,
        units: Sequence[bytes],
        *,
        fps: int = 30,
    ) -> None:
        """Send these access units (H.264) over and over; the first one is a key picture."""
        super().__init__(ask, certificate)
        self._pictures = [
            H264Encoder._packetize(H264Encoder._split_bitstream(unit)) for unit in units
        ]
        self._fps = fps
        self._sequence = 0
        self._wide = 0

    def offer(self, ufrag: str, password: str, fingerprint: str) -> str:
        return offer(ufrag, password, fingerprint)

    async def send(self, seconds: float) -> int:
        """Send for so long, at a camera's pace; return how many packets that were."""
        start, number = time.monotonic(), 0
        while number < seconds * self._fps:
            due = start + number / self._fps
            await asyncio.sleep(max(0, due - time.monotonic()))
            payloads = self._pictures[number % len(self._pictures)]
            ts = number * 90_000 // self._fps
            for at, payload in enumerate(payloads):
                if at and at % AT_ONCE == 0:
                    await asyncio.sleep(max(0, due + at // AT_ONCE * STEP - time.monotonic()))
                self._packet(payload, ts, last=at == len(payloads) - 1)
            number += 1
        return self._wide

    def _packet(self, payload: bytes, ts: int, *, last: bool) -> None:
        assert self._dtls is not None
        head = struct.pack(
            "!BBHLL", 0x90, VIDEO | (0x80 if last else 0), self._sequence & 0xFFFF, ts, 0x1234_5678
        )
        extensions = struct.pack(
            "!HHBcBHxxx", 0xBEDE, 2, MID << 4, b"0", TWCC << 4 | 1, self._wide & 0xFFFF
        )
        self._sequence += 1
        self._wide += 1
        sealed = self._dtls._tx_srtp.protect(head + extensions + payload)
        self._transport.sendto(sealed)


async def _main(count: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    lock = asyncio.Lock()

    async def ask(text: str) -> str:
        async with lock:
            print(json.dumps(text), flush=True)  # noqa: T201  its way to say anything
            line = await loop.run_in_executor(None, sys.stdin.readline)
        answer: str = json.loads(line)
        return answer

    units = await asyncio.to_thread(busy, 60)
    certificate = RTCCertificate.generateCertificate()
    async with AsyncExitStack() as stack:
        cameras = [
            await stack.enter_async_context(LeanCamera(ask, certificate, units))
            for _ in range(count)
        ]
        tasks = []
        for camera in cameras:  # not all in step
            tasks.append(asyncio.create_task(camera.send(seconds), name="lean:send"))
            await asyncio.sleep(0.0077)
        sent = await asyncio.gather(*tasks)
        print(json.dumps({"packets": sum(sent)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2])))

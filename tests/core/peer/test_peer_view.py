"""The viewing role: what the answer says, and what reaches a sender."""

from __future__ import annotations

import asyncio
import re
import struct
from typing import TYPE_CHECKING

import av
import pytest
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    pack_remb_fci,
)

from genba.session.peer import ABS_SEND_TIME, MID, Peer, PeerSocket, Pick
from genba.session.peer.header import Header
from genba.session.peer.router import Router
from genba.session.peer.train import Train, runs_of
from genba.wire.order import RtcOrder
from tests.kit.rtc import VIDEO_CLOCK, Viewer, encode_h264
from tests.kit.sdp import AUDIO, VIDEO, offer
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Sender:
    """Sends access units, thirty a second, over and over."""

    def __init__(self, peer: Peer, pick: Pick, units: list[bytes]) -> None:
        self.peer, self.pick = peer, pick
        self._ssrc = 1001 if pick.kind == "video" else 1003
        self.rtx_ssrc, self.cname = self._ssrc + 1, "genba"
        self.heard: list[AnyRtcpPacket] = []
        self.sent: list[bool] = []
        self._units = units
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self.pick.kind == "video":
            self._task = asyncio.create_task(self._run(), name="test sender")

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self.heard.append(packet)

    async def _run(self) -> None:
        encoder, header = H264Encoder(), Header(self.pick)
        sequence = 0
        for number in range(10_000):
            packet = av.Packet(self._units[number % len(self._units)])
            packet.pts, packet.time_base = number * 3000, VIDEO_CLOCK
            payloads, ts = encoder.pack(packet)
            first, sequence = sequence & 0xFFFF, sequence + len(payloads)
            train = Train(
                *(header, self.pick.payload_type, first, ts, self._ssrc),
                *(payloads, runs_of(payloads), sum(map(len, payloads))),
            )
            self.sent.append(self.peer.send(train))
            await asyncio.sleep(1 / 30)


class Mute:
    """A part without streams of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None: ...


class Stage:
    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.units = encode_h264(30)
        self.peer: Peer | None = None

    async def answer(self, text: str) -> str:
        self.peer = await Peer.answer_to(self.socket, text, "view", self.make)
        return self.peer.answer

    def make(self, peer: Peer, pick: Pick) -> Sender:
        return Sender(peer, pick, self.units)

    @property
    def video(self) -> Sender:
        assert self.peer is not None
        part = self.peer.parts["video"]
        assert isinstance(part, Sender)
        return part


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        yield Stage(peer_socket)


async def test_a_viewer_sees_the_pictures_and_reports(stage: Stage) -> None:
    async with Viewer(stage.answer) as viewer:
        await viewer.seen(pictures=20)
        assert viewer.picture is not None
        assert (viewer.picture.width, viewer.picture.height) == (320, 240)
        assert all(stage.video.sent)
        await until(lambda: any(isinstance(p, RtcpRrPacket) for p in stage.video.heard))
        report = next(p for p in stage.video.heard if isinstance(p, RtcpRrPacket)).reports[0]
        assert (report.ssrc, report.fraction_lost) == (stage.video._ssrc, 0)


async def test_the_answer_names_the_streams(stage: Stage) -> None:
    lines = [f"a=extmap:3 {MID}", f"a=extmap:4 {ABS_SEND_TIME}"]
    text = offer(AUDIO, VIDEO + "\r\n".join(lines) + "\r\n").replace("sendonly", "recvonly")
    answer = await stage.answer(text)
    for line in (
        "a=sendonly",
        "a=msid:genba video",
        "a=ssrc-group:FID 1001 1002",
        "a=ssrc:1001 cname:genba",
        "a=ssrc:1002 cname:genba",
        f"a=extmap:3 {MID}",
        f"a=extmap:4 {ABS_SEND_TIME}",
        "a=rtcp-fb:96 nack pli",
    ):
        assert line in answer.splitlines()
    assert "x-google" not in answer
    assert re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host", answer) == [
        str(stage.socket.port)
    ]


async def test_a_part_without_streams_is_no_sender(stage: Stage) -> None:
    with pytest.raises(TypeError, match="cannot send"):
        await Peer.answer_to(
            stage.socket,
            offer(VIDEO).replace("sendonly", "recvonly"),
            "view",
            lambda *_: Mute(),
        )


async def test_feedback_is_routed_by_what_it_names(stage: Stage) -> None:
    await stage.answer(offer(AUDIO, VIDEO).replace("sendonly", "recvonly"))
    router = Router()
    router.add_sender(stage.video, (1, 2))
    fir = struct.pack("!LBxxx", 1, 9)
    reaching: list[AnyRtcpPacket] = [
        RtcpPsfbPacket(RTCP_PSFB_PLI, 7, 1),
        RtcpPsfbPacket(RTCP_PSFB_PLI, 7, 2),
        RtcpPsfbPacket(RTCP_PSFB_FIR, 7, 0, fir),
        RtcpPsfbPacket(15, 7, 0, pack_remb_fci(1_000_000, [1, 2])),
        RtcpRtpfbPacket(1, 7, 1, [5]),
    ]
    for packet in reaching:
        assert router.rtcp(packet) == [stage.video]
    nobody: list[AnyRtcpPacket] = [
        RtcpPsfbPacket(RTCP_PSFB_PLI, 7, 3),
        RtcpPsfbPacket(RTCP_PSFB_FIR, 7, 1, b""),
        RtcpRtpfbPacket(15, 7, 1, [5]),  # transport-wide feedback, which parses as NACKs
    ]
    for packet in nobody:
        assert router.rtcp(packet) == []

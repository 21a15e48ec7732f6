"""A layer, a clock that stands, and a peer that records: what a viewer's sender is tested with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import (
    RTCP_RTPFB_NACK,
    HeaderExtensionsMap,
    RtcpRtpfbPacket,
    RtpPacket,
)

from genba.api import Packet
from genba.session.encoder.fanout import Fanout
from genba.session.peer.offer import Pick
from genba.session.publishing.sender import Sender
from genba.session.publishing.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genba.session.peer.train import Train
MOMENT = 10.0  # when everything is sent
AT_ONCE, EVENLY = bytes(3), b"\x00\x03\xe8"  # playout delays: none, and up to 10 s
RTX = RTCRtpCodecParameters("video/rtx", 90_000, payloadType=103, parameters={"apt": 102})


class Clock:
    """A media clock that moves when it is told to."""

    moment = 10.0

    def now(self) -> float:
        return self.moment

    def at(self, monotonic: float) -> float:
        return monotonic

    def ntp(self, moment: float) -> int:
        return int((3_900_000_000 + moment) * 2**32) & (2**64 - 1)


class Wire:
    """A peer that records what it is to send; ``room`` packets fit into its socket."""

    ready = True
    available = 0

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.room = 1_000_000
        self.number = 0  # the next transport-wide one
        self.filler: Callable[[int], Train | None] | None = None
        self.heard: list[tuple[str, float, int]] = []

    def fill(self, filler: Callable[[int], Train | None] | None) -> None:
        self.filler = filler

    def hear_remb(self, bitrate: int, sending: int) -> None:
        self.heard.append(("remb", bitrate, sending))

    def hear_loss(self, loss: float, sending: int) -> None:
        self.heard.append(("loss", loss, sending))

    def send(self, train: Train) -> bool:
        number = self.number if train.number is None else train.number
        packets = train.packets(MOMENT, number)
        if train.number is None:
            self.number += len(packets)
        if train.stamps is not None:
            block = train.header.block(MOMENT)
            train.stamps += [(block, number + n) for n in range(len(packets))]
        sent = packets[: self.room]
        self.rtp += sent
        self.room -= len(sent)
        return len(sent) == len(packets)

    def send_rtcp(self, data: bytes) -> None:
        self.rtcp.append(data)

    def parsed(self, extensions: HeaderExtensionsMap | None = None) -> list[RtpPacket]:
        packets = [RtpPacket.parse(data, extensions or HeaderExtensionsMap()) for data in self.rtp]
        self.rtp.clear()
        return packets


class Desk:
    """A layer's fan-out, a clock, and senders that hang on it."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.layer: Fanout[Packet] = Fanout()
        self.asked = 0
        self.start = self.clock.moment
        self.pictures = 0

    def _ask(self) -> None:
        self.asked += 1

    def sender(
        self,
        wire: Wire,
        *,
        kind: str = "video",
        rtx: bool = True,
        extensions: Mapping[str, int] | None = None,
        layer: Fanout[Packet] | None = None,
        codec_name: str = "H264",
    ) -> Sender:
        codec = (
            RTCRtpCodecParameters(f"video/{codec_name}", 90_000, payloadType=102)
            if kind == "video"
            else RTCRtpCodecParameters("audio/opus", 48_000, channels=2, payloadType=111)
        )
        pick = Pick(
            kind="video" if kind == "video" else "audio",
            mid="0",
            codec=codec,
            rtx=RTX if rtx else None,
            format="",
            extensions=dict(extensions or {}),
            ssrcs=(),
            index=0,
        )
        return Sender(
            wire,
            pick,
            stream=(layer or self.layer).shared(Stream),
            clock=self.clock,  # type: ignore[arg-type]  # a clock that stands still
            cname="desk",
            request_key=self._ask if kind == "video" else None,
        )

    def picture(self, size: int = 300, *, key: bool = False) -> None:
        data = b"\0\0\0\1" + bytes([0x65 if key else 0x41]) + b"\x80" * (size - 1)
        self.layer.push(Packet("video", "h264", data, self.clock.moment, 1 / 30, key))
        self.pictures += 1
        self.clock.moment = self.start + self.pictures / 30

    def sound(self) -> None:
        self.layer.push(Packet("audio", "opus", b"\x78" * 60, self.clock.moment, 0.02, key=True))
        self.clock.moment += 0.02


def nack(sender: Sender, *lost: int) -> RtcpRtpfbPacket:
    return RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, list(lost))


def frame(
    desk: Desk, layer: Fanout[Packet], *, key: bool = False, codec: Literal["h264", "vp8"] = "h264"
) -> None:
    """Push one picture to a layer, at the desk's time."""
    data = b"\0\0\0\1" + (b"\x65" if key else b"\x41") + b"\x80" * 100
    layer.push(Packet("video", codec, data, desk.clock.moment, 1 / 30, key))

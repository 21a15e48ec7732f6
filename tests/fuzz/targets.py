"""Everything of ours that reads what strangers, or odd cameras, send."""

from __future__ import annotations

import contextlib
import json
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aioice import stun
from aiortc.codecs.h264 import H264Encoder
from aiortc.rtp import (
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    RtpPacket,
    pack_remb_fci,
)
from pydantic import TypeAdapter, ValidationError

from genba.errors import GenbaError
from genba.server.http import control as relay
from genba.server.identity.actor import bearer
from genba.session import commands
from genba.session.camera.depacketise import H264, Vp8
from genba.session.camera.gate import Gate
from genba.session.camera.sound import SoundBuffer
from genba.session.camera.unit import AccessUnit
from genba.session.peer.fragment import read_fragment
from genba.session.peer.ice import IceLite
from genba.session.peer.offer import read_offer
from genba.session.peer.socket import PeerSocket
from genba.session.recording.camerawriter import shape_of
from genba.wire.command import COMMAND
from genba.wire.event import EVENT, StateChanged
from genba.wire.media import MediaFile
from genba.wire.order import Order, RtcOrder
from genba.wire.state import Figures, Layout, Recording, SessionState, Slot
from genba.wire.ticket import Ticket, TicketKind, read, session_of
from tests.core.camera.test_camera_sound import encode as encode_opus
from tests.core.camera.test_camera_video import Way
from tests.fuzz.mutate import spoil, spoil_text
from tests.fuzz.peertarget import PeerPackets
from tests.kit.cameratape import encode_vp8
from tests.kit.orders import KEY, order, ticket
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WIRE: tuple[TypeAdapter[Any], ...] = (
    *(TypeAdapter(model) for model in (Order, SessionState, MediaFile)),
    *(EVENT, COMMAND),
)
CORPUS = Path(__file__).with_name("corpus")


class Target(Protocol):
    """Reads one input; an exception out of it is a fault."""

    @property
    def corpus(self) -> list[bytes]:
        """Good inputs."""
        ...

    @property
    def mutate(self) -> Callable[[random.Random, list[bytes]], bytes]:
        """What spoils them."""
        ...

    def __call__(self, data: bytes) -> None:
        """Read it."""
        ...


@dataclass(frozen=True)
class Plain:
    """A function that may raise GenbaErrors of the 400 family, and nothing else."""

    run: Callable[[bytes], object]
    corpus: list[bytes]
    mutate: Callable[[random.Random, list[bytes]], bytes] = spoil

    def __call__(self, data: bytes) -> None:
        try:
            self.run(data)
        except GenbaError as error:
            if error.status >= 500:
                raise


def _texts(folder: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / folder).iterdir())]


def _offer(data: bytes) -> None:
    for role in ("publish", "view"):
        read_offer(data.decode("utf-8", "replace"), role)


def _fragment(data: bytes) -> None:
    read_fragment(data.decode("utf-8", "replace"), "u", "p")


def _stun_corpus(name: str = "abcd:efgh") -> list[bytes]:
    found = []
    for method in (stun.Class.REQUEST, stun.Class.RESPONSE, stun.Class.ERROR):
        message = stun.Message(stun.Method.BINDING, method)
        message.attributes["USERNAME"] = name
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        message.attributes["XOR-MAPPED-ADDRESS"] = ("127.0.0.1", 1234)
        message.attributes["ERROR-CODE"] = (487, "Role Conflict")
        message.add_message_integrity(b"password")
        found.append(bytes(message))
    return found


class Datagrams:
    """A socket's reading of what anybody may send; nothing but counting may come of it."""

    @property
    def mutate(self) -> Callable[[random.Random, list[bytes]], bytes]:
        return spoil

    def __init__(self) -> None:
        self.socket = PeerSocket(RtcOrder())
        self.ice = IceLite(self.socket, "efgh", "password")
        self.corpus = [
            *_stun_corpus(),
            *_stun_corpus(f"{self.ice.ufrag}:efgh"),
            bytes([22, 254, 253]) + bytes(60),
            bytes([128, 96]) + bytes(30),
            bytes(20),
        ]

    def __call__(self, data: bytes) -> None:
        if data:
            self.socket._take(data, ("127.0.0.1", 9), time.monotonic())


class Packets:
    """RTP and RTCP of an authenticated camera, down to whole pictures and the gate."""

    @property
    def mutate(self) -> Callable[[random.Random, list[bytes]], bytes]:
        return spoil

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.way = Way(6)
        self.gate = Gate(lambda: None)
        if kind == "rtp":
            self.corpus = [packet.serialize() for packet in self.way.packets]
        else:
            info = RtcpReceiverInfo(7, 3, 1, 100, 5, 6, 7)
            self.corpus = [
                bytes(RtcpRrPacket(1, [info])),
                bytes(RtcpSrPacket(7, RtcpSenderInfo(1 << 60, 5, 6, 7), [info])),
                bytes(RtcpByePacket([7])),
                bytes(RtcpRtpfbPacket(1, 1, 7, [1, 2, 30])),
                bytes(RtcpPsfbPacket(1, 1, 7)),
                bytes(RtcpPsfbPacket(15, 1, 0, pack_remb_fci(10**6, [7]))),
                struct.pack("!BBHLLHHLHH", 0x8F, 205, 5, 1, 7, 100, 2, 5, 0x2002, 0x0101),
            ]

    def __call__(self, data: bytes) -> None:
        way = self.way
        with contextlib.suppress(ValueError, struct.error, IndexError):  # parsing is aiortc's
            if self.kind == "rtp":
                way.send(RtpPacket.parse(data))
            else:
                for packet in RtcpPacket.parse(data):
                    step = way.video._handle_rtcp_packet(packet)
                    with contextlib.suppress(StopIteration):
                        step.send(None)
        for unit in way.screen.units:
            self.gate.passes(unit)
        way.screen.units.clear()
        way.peer.sent.clear()


def _pictures(codec: str) -> Callable[[bytes], None]:
    form = H264() if codec == "h264" else Vp8()
    gate = Gate(lambda: None)

    def run(data: bytes) -> None:
        """Take it as one packet, and cut in two."""
        for payloads in ([data], [data[: len(data) // 2], data[len(data) // 2 :]]):
            try:
                coded = form.picture(payloads)
                form.begins(payloads[0])
            except (ValueError, IndexError, struct.error):  # what VideoInput is ready for
                continue
            unit = AccessUnit(coded.data, 0, 0.0, coded.key, time.monotonic(), False, codec)  # type: ignore[arg-type]
            if coded.data and gate.passes(unit) and coded.key:
                shape_of(coded.data, unit.codec)

    return run


class Sounds:
    """Opus of anybody; one buffer lives through all of it."""

    @property
    def mutate(self) -> Callable[[random.Random, list[bytes]], bytes]:
        return spoil

    def __init__(self) -> None:
        self.buffer = SoundBuffer()
        self.corpus = encode_opus(10)
        self.ts = 0

    def __call__(self, data: bytes) -> None:
        self.ts += 960
        moment = self.ts / 48_000
        self.buffer.put(self.ts, data, moment, moment)
        if len(self.buffer.get(moment)) != 1920:
            raise AssertionError("not 20 ms")


def _control(data: bytes) -> None:
    now = datetime(2100, 1, 1, tzinfo=UTC)
    actor = bearer(Ticket(TicketKind.DESK, "s", "d", now))
    with contextlib.suppress(relay.RefusedError):
        relay._check(actor, data.decode("utf-8", "replace"))


def _wire(data: bytes) -> None:
    """Read it as everything that the two processes say to each other."""
    for form in WIRE:
        with contextlib.suppress(ValidationError):
            form.validate_json(data)


def _ticket(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(GenbaError):
        session_of(text)
    read(KEY, text, datetime.now(UTC))


def targets() -> dict[str, Target]:
    """Return all; within a running event loop."""
    h264, vp8 = encode_h264(4), encode_vp8(4)
    messages: list[dict[str, object]] = [
        {"type": "command", "re": 1, "command": {"do": "layout", "kind": "focus", "focus": 2}},
        {"type": "command", "re": 2, "command": {"do": "publish", "kind": "", "text": "x"}},
        {"type": "paused", "paused": True, "why": "user"},
        {"type": "watching"},
    ]
    said = [json.dumps(message).encode() for message in messages]
    fragment = (
        b"a=ice-ufrag:u\r\na=ice-pwd:p\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
        b"a=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=end-of-candidates\r\n"
    )
    asked = [json.dumps(message.get("command", {})).encode() for message in messages]
    return {
        "offer": Plain(_offer, _texts("offer"), spoil_text),
        "fragment": Plain(_fragment, [fragment], spoil_text),
        "datagram": Datagrams(),
        "rtp": Packets("rtp"),
        "rtcp": (rtcp := Packets("rtcp")),
        "peer": PeerPackets(rtcp.corpus),
        "h264": Plain(_pictures("h264"), [bytes(p) for p in _payloads(h264)]),
        "vp8": Plain(_pictures("vp8"), [b"\x10" + data for data in vp8]),
        "opus": Sounds(),
        "ticket": Plain(_ticket, [ticket(TicketKind.CAMERA, "s", id="c").encode()]),
        "control": Plain(_control, said, spoil_text),
        "wire": Plain(_wire, _wire_corpus()),
        "command": Plain(commands.parse, asked, spoil_text),
    }


def _payloads(units: list[bytes]) -> list[bytes]:
    return [p for unit in units for p in H264Encoder._packetize(H264Encoder._split_bitstream(unit))]


def _wire_corpus() -> list[bytes]:
    state = SessionState(
        session="s",
        epoch=1,
        name="試験",
        group="local",
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        width=1280,
        height=720,
        layout=Layout(),
        slots=[Slot(n=1, name="一")],
        recording=Recording(),
        publications=[],
        figures=Figures(),
    )
    models = (state, StateChanged(state=state), order(Path("data")))
    return [model.model_dump_json().encode() for model in models]

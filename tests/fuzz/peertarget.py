"""What comes out of SRTP: an authenticated peer's packets, down to whoever they are for."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import (
    HeaderExtensionsMap,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    is_rtcp,
)

from genba.session.camera.gate import Gate
from genba.session.peer import packet, transportcc
from genba.session.peer.certificate import Certificate
from genba.session.peer.dtls import Dtls
from genba.session.peer.estimate import Estimate
from genba.session.peer.feedback import BitrateFeedback, TransportFeedback
from genba.session.peer.flights import Flight
from genba.session.peer.ice import IceLite
from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC, Pick
from genba.session.peer.socket import PeerSocket
from genba.wire.order import RtcOrder
from tests.core.camera.test_camera_video import Way
from tests.fuzz.mutate import spoil
from tests.kit.senderdesk import RTX, Desk, Wire

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from types import TracebackType

    from genba.session.peer.part import ReceivingPart

NUMBERS = {MID: 1, TRANSPORT_CC: 2, ABS_SEND_TIME: 3}
SENT, SENT_AGAIN = 11, 12  # SSRCs of what the viewer gets
# Transport-wide feedback of eleven packets: a vector of two bits, a run, times of both lengths.
TOLD = struct.pack(
    *("!BBHLLHHLHHBBBhhhhhhx", 0x8F, 205, 9, 1, SENT, 3, 11, 9 << 8, 0xD528, 0x4004),
    *(4, 4, 4, -8, 300, 9, 9, -700, 9),
)
_OFTEN = 32  # inputs between two turns of the timers, which nothing else fires here


class Strict(Dtls):
    """Says of which packets ours, and no parser of a head, made a fault; a call counts both."""

    ours: Exception | None = None

    def _fault(self, what: str, error: Exception) -> None:
        super()._fault(what, error)
        deepest = cast("TracebackType", error.__traceback__)
        while deepest.tb_next is not None:
            deepest = deepest.tb_next
        parsers = (packet.__file__, transportcc.__file__)
        refused = deepest.tb_frame.f_code.co_filename in parsers and isinstance(
            error, (ValueError, IndexError, struct.error)
        )
        if not refused and "aiortc" not in deepest.tb_frame.f_code.co_filename:
            self.ours = error


class PeerPackets:
    """One call that takes all of it: a camera's receiver, a viewer's sender, and feedback."""

    @property
    def mutate(self) -> Callable[[random.Random, list[bytes]], bytes]:
        return spoil

    def __init__(self, rtcp: list[bytes]) -> None:
        ice = IceLite(PeerSocket(RtcOrder()), "efgh", "password")
        self.dtls = Strict(ice, Certificate.generateCertificate(), client=False)
        self.dtls.know_extensions([Pick("video", "0", RTX, None, "", NUMBERS, (), 0)])
        self.way, self.wire, self.desk = Way(4), Wire(), Desk()
        self.gate = Gate(lambda: None)
        self.sender = self.desk.sender(self.wire)
        self.sender._ssrc, self.sender.rtx_ssrc = SENT, SENT_AGAIN
        self.sender.start()
        receiver = cast("ReceivingPart", self.way.video)
        self.dtls.router.add_receiver(receiver, "0", (7,), (96, 97))
        self.dtls.router.add_sender(self.sender, (SENT, SENT_AGAIN))
        self.feedback = TransportFeedback(self.wire.send_rtcp)
        self.dtls.every += [self.feedback.see, BitrateFeedback(self.wire.send_rtcp).see]
        self.count = 0
        self.estimate = Estimate()
        self.dtls.told = self._told
        report = RtcpReceiverInfo(SENT, 3, 1, 100, 5, 6, 7)
        self.corpus = [
            *rtcp,
            bytes(RtcpRtpfbPacket(1, 1, SENT, lost=[1, 2, 30])),
            TOLD,
            bytes(RtcpPsfbPacket(1, 1, SENT)),
            bytes(RtcpRrPacket(1, [report])),
            *self._rtp(),
        ]

    def _rtp(self) -> list[bytes]:
        numbers = HeaderExtensionsMap()
        headers = [RTCRtpHeaderExtensionParameters(id=n, uri=uri) for uri, n in NUMBERS.items()]
        numbers.configure(RTCRtpParameters(headerExtensions=headers))
        found = []
        for number, sent in enumerate(self.way.packets):
            sent.extensions.mid = "0"
            sent.extensions.transport_sequence_number = number
            sent.extensions.abs_send_time = number * 1000
            found.append(sent.serialize(numbers))
        return found

    def __call__(self, data: bytes) -> None:
        if len(data) < 2:
            return  # the socket's, see the target "datagram"
        whole = self.dtls._handle_rtcp_data(data) if is_rtcp(data) else None
        step = whole or self.dtls._handle_rtp_data(data, 0)
        try:
            step.send(None)
        except StopIteration:
            pass
        else:
            raise AssertionError("it waited")
        self.count += 1
        if self.count % _OFTEN == 0:
            self._turn()
        if self.dtls.ours is not None:
            error, self.dtls.ours = self.dtls.ours, None
            raise error

    def _told(self, data: bytes) -> None:
        self.estimate.hear(transportcc.read(data), self.count / 1000)

    def _turn(self) -> None:
        """Do what timers do, and what a camera's pictures and the view's go on to."""
        self.feedback.stop()
        self.feedback._flush()
        self.way.video._nack()
        self.way.video._report()
        for unit in self.way.screen.units:
            self.gate.passes(unit)
        self.way.screen.units.clear()
        self.desk.picture(key=True)
        first = self.estimate.flights.next
        self.estimate.flights.add(Flight(first, 4, 1200, 900, self.count / 1000))
        self.way.peer.sent.clear()
        self.wire.rtp.clear()
        self.wire.rtcp.clear()
        self.wire.room = 1_000_000

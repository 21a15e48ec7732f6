"""DTLS and SRTP of one peer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import pylibsrtp
from aiortc.rtcdtlstransport import RTCDtlsTransport, State
from aiortc.rtp import RtcpPacket
from OpenSSL import SSL

from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC
from genba.session.peer.packet import Numbers, Rtp
from genba.session.peer.router import Router
from genba.session.peer.transportcc import split
from genba.session.peer.unseal import Unsealer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiortc.rtcicetransport import RTCIceTransport

    from genba.session.peer.certificate import Certificate
    from genba.session.peer.ice import IceLite
    from genba.session.peer.offer import Pick

log = logging.getLogger(__name__)
RECORD = 1 << 14  # bytes, at most, that one record holds


class Dtls(RTCDtlsTransport):
    """RTCDtlsTransport with our routing; no packet, however odd, ends it.

    ``every`` is called with each RTP packet and its arrival, retransmissions and padding too;
    ``told``, where somebody listens, with each message of transport-wide feedback.
    """

    def __init__(self, ice: IceLite, certificate: Certificate, *, client: bool) -> None:
        """Take the DTLS role that the offer left us."""
        super().__init__(cast("RTCIceTransport", ice), [certificate])
        self._ice = ice
        self.router = Router()
        self._rtp_router = cast("Any", self.router)
        self._numbers = Numbers()
        self._unsealer = Unsealer()
        self._set_role("client" if client else "server")
        self.every: list[Callable[[Rtp, float], None]] = []
        self.told: Callable[[bytes], None] | None = None
        self.errors = 0
        self.ignored = 0  # records of application data behind the first one of a datagram

    def know_extensions(self, picks: Iterable[Pick]) -> None:
        """Read the header extensions that were negotiated."""
        known: dict[str, int] = {}
        for pick in picks:
            known.update(pick.extensions)
        self._numbers = Numbers(
            known.get(MID, 0), known.get(TRANSPORT_CC, 0), known.get(ABS_SEND_TIME, 0)
        )

    @property
    def outgoing(self) -> pylibsrtp.Session | None:
        """What protects packets; None unless connected."""
        # ``state`` would make its text anew for every packet
        return self._tx_srtp if self._state is State.CONNECTED else None

    @property
    def cipher(self) -> str:
        """DTLS version, suite and SRTP profile; empty before the handshake is done."""
        if self._ssl is None or not self.encrypted:
            return ""
        profile = self._ssl.get_selected_srtp_profile().decode()
        return f"{self._ssl.get_protocol_version_name()} {self._ssl.get_cipher_name()} {profile}"

    async def _recv_next(self) -> None:
        try:
            await super()._recv_next()
        except SSL.Error as error:  # too many retransmissions
            raise ConnectionError from error
        except ValueError as error:  # longer than SRTP's buffer: nothing has verified it yet
            self._fault("SRTP", error)

    async def _write_ssl(self) -> None:
        """Send, and take what else a datagram held: the pump reads one record of each.

        Nothing of ours speaks by DTLS records once the call stands: what a peer packs into them
        is thrown away here, else it would heap up in OpenSSL's buffer.
        """
        await super()._write_ssl()
        if self._ssl is None or self.state != "connected":
            return
        try:
            while self._ssl.recv(RECORD):
                self.ignored += 1
        except SSL.ZeroReturnError:
            raise ConnectionError from None  # a goodbye behind other records
        except SSL.Error:
            return  # nothing is left, or nothing usable

    def receive(self, data: bytes, arrival: float) -> None:
        """Take a datagram of SRTP without any turn of the pump; dropped unless it is the peer's.

        It costs half as much so, and what waits for nothing needs no queue.
        """
        plain = self._unsealer.open(self._rx_srtp, data)
        if plain is not None:
            self._rtp(plain, arrival)

    def hear(self, data: bytes, arrival: float) -> None:
        """Take a datagram of SRTCP with one message of transport-wide feedback, just as quickly."""
        try:
            plain = self._rx_srtp.unprotect_rtcp(data)
        except pylibsrtp.Error:
            return  # forged, or a replay
        except ValueError as error:
            self._fault("SRTCP", error)
            return
        self._ice.heard = arrival
        self._tell(plain)

    def _tell(self, message: bytes) -> None:
        if self.told is None:
            return
        try:
            self.told(message)
        except Exception as error:  # noqa: BLE001  one packet never ends a call
            self._fault("RTCP", error)

    async def _handle_rtp_data(self, data: bytes, arrival_time_ms: int) -> None:  # noqa: ARG002
        self._rtp(data, self._ice.arrival)

    def _rtp(self, data: bytes, arrival: float) -> None:
        self._ice.heard = arrival
        try:
            packet = Rtp(data, self._numbers)
            for see in self.every:
                see(packet, arrival)
            part = self.router.rtp(packet)
            if part is not None:
                part.on_rtp(packet, arrival)
        except Exception as error:  # noqa: BLE001  one packet never ends a call
            self._fault("RTP", error)

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self._ice.heard = self._ice.arrival
        if self.told is not None:  # aiortc's parser would take it for NACKs
            data, told = split(data)
            for message in told:
                self._tell(message)
            if not data:
                return
        try:
            packets = RtcpPacket.parse(data)
        except Exception as error:  # noqa: BLE001  one packet never ends a call
            self._fault("RTCP", error)
            return
        for packet in packets:
            try:
                for part in self.router.rtcp(packet):
                    await part._handle_rtcp_packet(packet)  # noqa: SLF001  the name is aiortc's
            except Exception as error:  # noqa: BLE001  one packet never ends a call
                self._fault("RTCP", error)

    def _fault(self, what: str, error: Exception) -> None:
        """Count; show the first ones and then every thousandth, so that no peer fills the log."""
        self.errors += 1
        if self.errors <= 3 or self.errors % 1000 == 0:  # noqa: PLR2004
            log.warning("%s packet %d was not usable", what, self.errors, exc_info=error)

"""The one UDP socket of a session process, shared by all its peers."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import struct
import time
from typing import TYPE_CHECKING, Self

from aioice import stun

from genba.api.events import EndReason
from genba.session.peer.binding import NOTES, bind
from genba.session.peer.certificate import Certificate
from genba.session.peer.seal import SealBuffer

if TYPE_CHECKING:
    from aiortc.rtcdtlstransport import RTCDtlsFingerprint

    from genba.session.peer.binding import Binding, Notes
    from genba.session.peer.ice import Address, IceLite
    from genba.session.peer.peer import Peer
    from genba.wire.order import RtcOrder

log = logging.getLogger(__name__)

DEADLINE = 10.0  # seconds from the offer to a finished handshake
CONSENT = 30.0  # seconds without any authenticated datagram: the peer is gone (RFC 7675)
BATCH = 64  # datagrams a turn of the loop: a flood cannot starve the rest of the process
LARGEST = 2048  # bytes of a datagram
SMALLEST = 13  # a DTLS record header; RTP has 12 and a tag, STUN 20
HELD = 3.0  # seconds: an address heard of so lately stays with its peer
PLAIN = 60.0  # seconds after which segments are tried again where they were refused
# What says that this way takes no segments: too large for it, no checksums by the device or IPsec
# on the way, a kernel that knows nothing of them.
_REFUSALS = frozenset(
    (errno.EMSGSIZE, errno.EIO, errno.EINVAL, errno.ENOPROTOOPT, errno.EOPNOTSUPP)
)
_UDP_SEGMENT = 103  # which the socket module does not name
_TIMESTAMPNS = 35  # SO_TIMESTAMPNS, which the socket module does not name
_CUT = int(socket.MSG_TRUNC)  # the flag itself is an enum: 1 us for each look
_TIME = struct.Struct("qq")  # seconds, nanoseconds


class PeerSocket:
    """An async context manager: entering binds, leaving closes the peers that are left.

    STUN requests find their peer by the ufrag in USERNAME, everything else by its source
    address; only addresses that passed an authenticated check are known. What comes from
    anywhere else is counted in ``dropped`` and never answered.
    """

    def __init__(
        self, rtc: RtcOrder, *, deadline: float = DEADLINE, consent: float = CONSENT
    ) -> None:
        """Take the order; nothing is bound yet."""
        self._rtc = rtc
        self.deadline = deadline
        self.consent = consent
        self.certificate = Certificate.generateCertificate()
        self.addresses: tuple[str, ...] = ()
        self.port = 0
        self.dropped = 0
        self.peers: set[Peer] = set()
        self.buffer = SealBuffer()
        self.segmented = 0  # calls that took more than one datagram
        self.plain = 0  # those that had to be repeated for each
        self._plain: dict[tuple[str, int], float] = {}  # where segments are refused, until when
        self._binding: Binding | None = None
        self._socket: socket.socket | None = None
        self._by_ufrag: dict[str, IceLite] = {}
        self._by_address: dict[tuple[str, int], IceLite] = {}
        self._back: dict[tuple[str, int], Notes] = {}  # which of our addresses each knows

    async def __aenter__(self) -> Self:
        """Bind and listen; raise ``rtc.no_port`` where no port of the range is free."""
        self._binding = await asyncio.to_thread(bind, self._rtc)
        self._socket = self._binding.socket
        self.port = self._socket.getsockname()[1]
        self.addresses = self._binding.addresses
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Say goodbye to every peer, then give the port back."""
        await asyncio.gather(*(peer.close(EndReason.SHUTDOWN) for peer in tuple(self.peers)))
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    @property
    def fingerprint(self) -> RTCDtlsFingerprint:
        """The SHA-256 fingerprint of the process's certificate."""
        return next(f for f in self.certificate.getFingerprints() if f.algorithm == "sha-256")

    def register(self, ice: IceLite) -> None:
        """Listen for checks that name this ufrag."""
        self._by_ufrag[ice.ufrag] = ice

    def forget(self, ice: IceLite) -> None:
        """Know neither its ufrag nor its addresses any more."""
        self._by_ufrag.pop(ice.ufrag, None)
        for key in [key for key, owner in self._by_address.items() if owner is ice]:
            self.forget_address(key)

    def forget_address(self, key: tuple[str, int]) -> None:
        """Let one address of a peer go."""
        self._by_address.pop(key, None)
        self._back.pop(key, None)
        self._plain.pop(key, None)

    def send_segments(self, data: memoryview, size: int, address: Address) -> bool:
        """Send datagrams of ``size`` bytes, the last may be shorter, in one call where that goes.

        False: the socket is full and they, or the last ones, were dropped. Where the kernel or
        the way refuses segments (UDP_SEGMENT) each goes by itself, also later ones for a minute.
        """
        if len(data) > size:
            key = address[:2]
            refused = self._plain.get(key)
            if refused is None or time.monotonic() > refused:
                taken = self._send_at_once(data, size, address)
                if taken is not None:
                    return taken
                self._plain[key] = time.monotonic() + PLAIN
            self.plain += 1
        elif data:
            return self.send(data, address)
        return all(
            self.send(data[at : at + size], address) for at in range(0, len(data), size or 1)
        )

    def _send_at_once(self, data: memoryview, size: int, address: Address) -> bool | None:
        """Have the kernel cut it; None: it does not."""
        if self._socket is None:
            return False
        segment = (socket.IPPROTO_UDP, _UDP_SEGMENT, struct.pack("H", size))
        try:
            self._socket.sendmsg((data,), (segment, *self._back.get(address[:2], ())), 0, address)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            if error.errno in _REFUSALS:
                log.info("no segments on the way to a peer: %s", error)
                return None
            log.debug("sending failed: %s", error)
            return True
        self.segmented += 1
        return True

    def send(self, data: bytes | memoryview, address: Address) -> bool:
        """Send one datagram; False when the socket is full and it was dropped."""
        if self._socket is None:
            return False
        try:
            back = self._back.get(address[:2])
            if back:
                self._socket.sendmsg((data,), back, 0, address)
            else:
                self._socket.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:  # the way there is gone for now: the same as a lost datagram
            log.debug("sending failed: %s", error)
        return True

    def _read(self) -> None:
        if self._socket is None or self._binding is None:
            return
        now, wall = time.monotonic(), time.time()
        receive, back_of = self._socket.recvmsg, self._binding.back
        for _ in range(BATCH):
            try:
                data, notes, flags, address = receive(LARGEST, NOTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # a peer that left sends ICMP errors
                log.debug("receiving failed: %s", error)
                continue
            if len(data) < SMALLEST or flags & _CUT:
                self.dropped += 1
                continue
            back = back_of(notes)
            if back is None:
                self.dropped += 1
                continue
            # The kernel's time of arrival: a late turn of the loop must not look like congestion.
            self._take(data, address, now - _age(notes, wall), back)

    def _take(
        self, data: bytes, address: Address, arrival: float, back: Notes | None = None
    ) -> None:
        """Give a datagram to whom it is for (RFC 7983)."""
        first = data[0]
        key = (address[0], address[1])
        if first < 2:  # noqa: PLR2004
            try:
                self._check(data, address, key, back)
            except Exception:  # noqa: BLE001  a stranger's bytes: the parser's faults have many types
                self.dropped += 1
            return
        owner = self._by_address.get(key)
        if owner is None or not (19 < first < 64 or 127 < first < 192):  # noqa: PLR2004
            self.dropped += 1
            return
        owner.put(data, arrival)

    def _check(
        self, data: bytes, address: Address, key: tuple[str, int], back: Notes | None
    ) -> None:
        if len(data) < stun.HEADER_LENGTH or data[4:8] != stun.COOKIE.to_bytes(4, "big"):
            raise ValueError
        kind = data[:2]
        if kind == b"\x01\x01":
            owner = self._by_address[key]
            owner.pong(key, stun.parse_message(data))
            return
        if kind != b"\x00\x01":
            raise ValueError
        message = stun.parse_message(data)
        name = message.attributes["USERNAME"].partition(":")[0]
        ice = self._by_ufrag[name]
        if not message.check_message_integrity(ice.password.encode()):
            raise ValueError
        owner = self._by_address.get(key, ice)
        if owner is not ice:
            if time.monotonic() - owner.heard < HELD:
                raise ValueError  # nobody takes a living call's address by forging its source
            owner.lose(key)
        self._by_address[key] = ice
        if back:
            self._back[key] = back
        ice.checked(key, address, nominated="USE-CANDIDATE" in message.attributes)
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = (_unmapped(address[0]), address[1])
        response.add_message_integrity(ice.password.encode())
        self.send(bytes(response), address)


def _age(notes: list[tuple[int, int, bytes]], wall: float) -> float:
    """Return for how many seconds a datagram lay in the kernel."""
    for level, kind, value in notes:
        if kind == _TIMESTAMPNS and level == socket.SOL_SOCKET and len(value) == _TIME.size:
            seconds, nanoseconds = _TIME.unpack(value)
            age: float = wall - seconds - nanoseconds / 1e9
            return max(0.0, min(1.0, age))
    return 0.0


def _unmapped(host: str) -> str:
    """Return the IPv4 address inside an IPv4-mapped one, else the same."""
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address)

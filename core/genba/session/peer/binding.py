"""Where the one UDP socket of a session process stands, and which addresses its answers name."""

from __future__ import annotations

import errno
import ipaddress
import logging
import secrets
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from aioice.ice import get_host_addresses

from genba.certificate import lan_addresses
from genba.errors import GenbaError

if TYPE_CHECKING:
    from genba.wire.order import RtcOrder

log = logging.getLogger(__name__)
BUFFER = 4 << 20  # bytes; the kernel may give less
NOTES = 128  # bytes of a datagram's ancillary data: its time and where it was sent to
MOST = 16  # candidates of an answer
_KNOWN = 64  # of our addresses, that what came to them is not looked at anew each time
_ANY4, _ANY6 = "0.0.0.0", "::"  # noqa: S104  only authenticated sources are heard
_TIMESTAMPNS = 35  # SO_TIMESTAMPNS, which the socket module does not name
_PKTINFO = 8  # IP_PKTINFO, which it names from Python 3.14 on

Note: TypeAlias = "tuple[int, int, bytes]"
Notes: TypeAlias = "list[Note]"
_NOTHING: Notes = []
_SENT_TO = {(socket.IPPROTO_IP, _PKTINFO), (socket.IPPROTO_IPV6, socket.IPV6_PKTINFO)}


@dataclass(frozen=True, slots=True)
class Binding:
    """A bound socket. ``addresses`` are what answers name, the first one first.

    ``told``: the kernel says to which of several addresses a datagram was sent, so that what
    goes back leaves from there: a firewall, and ICE, let nothing else through. ``own`` are the
    addresses that may be sent to; empty: all.
    """

    socket: socket.socket
    addresses: tuple[str, ...]
    told: bool = False
    own: frozenset[str] = frozenset()
    _known: dict[Note, Notes | None] = field(default_factory=dict, compare=False, repr=False)

    def back(self, notes: Notes) -> Notes | None:
        """Return what makes an answer leave from where its question came; None: not for us."""
        if not self.told:
            return _NOTHING
        for note in notes:
            if note[:2] in _SENT_TO:
                known = self._known.get(note, _NOTHING)
                if known is _NOTHING:
                    if len(self._known) >= _KNOWN:
                        self._known.clear()
                    known = self._known[note] = self._back(*note)
                return known
        return _NOTHING

    def _back(self, level: int, kind: int, value: bytes) -> Notes | None:
        if level == socket.IPPROTO_IP:
            _, specific, sent_to = struct.unpack("i4s4s", value)
            text = str(ipaddress.IPv4Address(sent_to))
            packed = struct.pack("i4s4s", 0, specific, bytes(4))
        else:
            found = ipaddress.IPv6Address(value[:16])
            text = str(found.ipv4_mapped or found)
            packed = value[:16] + bytes(4)
        return [(level, kind, packed)] if not self.own or text in self.own else None


def bind(rtc: RtcOrder) -> Binding:
    """Bind as ordered; raise ``rtc.no_port`` where no port of the range can be had."""
    asked = rtc.addresses or (_ANY4,)
    one = asked[0] if len(asked) == 1 else ""
    six = any(":" in address for address in asked)
    host = one or (_ANY6 if six else _ANY4)
    dual = host == _ANY6
    wild = any(address in (_ANY4, _ANY6) for address in asked)
    bound = _first_free(host, rtc, dual=dual)
    bound.setblocking(False)
    _try(bound, socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    _try(bound, socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
    _try(bound, socket.SOL_SOCKET, _TIMESTAMPNS, 1)
    told = False
    if host in (_ANY4, _ANY6):
        if dual:
            told = _try(bound, socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            told = _try(bound, socket.IPPROTO_IP, _PKTINFO, 1)
    own = frozenset[str]() if wild else frozenset(asked)
    return Binding(bound, advertised(rtc), told, own)


def advertised(rtc: RtcOrder) -> tuple[str, ...]:
    """Return the addresses that answers name: those outside first, then those of the machine.

    The machine's own stay beside a public address: who is on the same network reaches these, and
    many routers do not lead from inside to their own outside.
    """
    return (*dict.fromkeys((*rtc.public_addresses, *expanded(rtc.addresses))),)[:MOST]


def expanded(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``addresses`` with all of the machine's in place of a wildcard.

    Those that lead to other networks come first, loopback last. Link-local IPv6 addresses need a
    zone that no candidate can carry, and stay out.
    """
    found: list[str] = []
    for address in addresses:
        if address not in (_ANY4, _ANY6):
            found.append(address)
            continue
        six = address == _ANY6
        own = [*lan_addresses(), *get_host_addresses(use_ipv4=True, use_ipv6=six)]
        found += [one for one in own if six or ":" not in one]
        found.append("127.0.0.1")
    return (*dict.fromkeys(one for one in found if not ipaddress.ip_address(one).is_link_local),)


def _first_free(host: str, rtc: RtcOrder, *, dual: bool) -> socket.socket:
    """Begin anywhere in the range: sessions that open together do not ask for the same port."""
    low, high = rtc.port_low, max(rtc.port_low, rtc.port_high)
    count = high - low + 1 if low else 1
    start = secrets.randbelow(count)
    fault: OSError | None = None
    for step in range(count):
        port = low + (start + step) % count if low else 0
        bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            if dual:
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            bound.bind((host, port))
        except OSError as error:
            bound.close()
            fault = error
            if error.errno != errno.EADDRINUSE:
                break  # the address itself is refused: no other port changes that
        else:
            return bound
    if fault is not None and fault.errno == errno.EADDRINUSE and low:
        raise GenbaError("rtc.no_port", f"All of rtc.udp_ports {low}-{high} are taken.")
    raise GenbaError("rtc.no_port", f"{host}: {fault.strerror if fault is not None else ''}.")


def _try(bound: socket.socket, level: int, option: int, value: int) -> bool:
    try:
        bound.setsockopt(level, option, value)
    except OSError as error:  # works without, only less well
        log.info("socket option %d is refused: %s", option, error)
        return False
    return True

"""Reads what a viewer tells of the packets that reached it.

draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

RTPFB, FORMAT = 205, 15
MOST = 4096  # packets that one message may tell of; what is sent in half a second is a tenth
TICK = 0.00025  # seconds
REFERENCE = 0.064  # seconds
_HEAD = struct.Struct("!8xHHL")  # behind the RTCP header: both SSRCs, then ours
_TRAILER = 20
_SMALL, _LARGE, _RESERVED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Feedback:
    """``arrivals`` of the packets from number ``base`` on; None: it has not come.

    Seconds behind ``reference`` x 64 ms of the viewer's clock, which wraps at 24 bits.
    """

    base: int
    reference: int
    arrivals: list[float | None]


def alone(sealed: bytes) -> bool:
    """Say whether an SRTCP packet holds one such message and nothing else: its head is in clear.

    Behind it are the index and a tag, 20 bytes at most; any other packet would be 8 bytes more.
    """
    if len(sealed) < 20 or sealed[1] != RTPFB or sealed[0] & 0x1F != FORMAT:  # noqa: PLR2004
        return False
    return len(sealed) - 4 - 4 * (sealed[2] << 8 | sealed[3]) <= _TRAILER


def split(data: bytes) -> tuple[bytes, list[bytes]]:
    """Return a compound packet without its transport feedback, and that; never raises.

    What is not well formed stays, for the parser of the rest to refuse.
    """
    rest, found = b"", []
    at = 0
    while len(data) - at >= 4:  # noqa: PLR2004
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > len(data):
            break
        if data[at] & 0x1F == FORMAT and data[at + 1] == RTPFB:
            found.append(data[at:end])
        else:
            rest += data[at:end]
        at = end
    return (rest + data[at:] if found else data), found


def read(data: bytes) -> Feedback:
    """Read one message with its RTCP header; raise ValueError where it is not well formed."""
    end = len(data)
    if data[0] & 0x20:
        padding = data[-1]
        if not 0 < padding <= end - 20:
            raise ValueError("transport feedback with odd padding")
        end -= padding
    try:
        base, count, word = _HEAD.unpack_from(data[:end], 4)
    except struct.error:
        raise ValueError("transport feedback is too short") from None
    if not 0 < count <= MOST:
        raise ValueError("transport feedback tells of too many packets")
    symbols, at = _symbols(data, 20, end, count)
    arrivals: list[float | None] = []
    ticks = 0
    for symbol in symbols:
        if symbol == 0:
            arrivals.append(None)
            continue
        if symbol == _RESERVED:
            raise ValueError("transport feedback with a reserved symbol")
        if at + symbol > end:
            raise ValueError("transport feedback without all its times")
        ticks += data[at] if symbol == _SMALL else struct.unpack_from("!h", data, at)[0]
        at += symbol
        arrivals.append(ticks * TICK)
    return Feedback(base, word >> 8, arrivals)


def _symbols(data: bytes, at: int, end: int, count: int) -> tuple[list[int], int]:
    found: list[int] = []
    while len(found) < count:
        if at + 2 > end:
            raise ValueError("transport feedback without all its symbols")
        chunk = data[at] << 8 | data[at + 1]
        at += 2
        if not chunk & 0x8000:
            found += [chunk >> 13] * min(chunk & 0x1FFF, count - len(found))
        elif chunk & 0x4000:
            found += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            found += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return found[:count], at

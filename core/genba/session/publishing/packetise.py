"""From encoded pictures to RTP payloads: H.264 (RFC 6184) and VP8 (RFC 7741)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of a payload. With RTP header, extensions, RTX, SRTP, UDP and IP it stays below 1280.
LARGEST = 1200

_STAP_A, _FU_A = 24, 28
_START, _END = 0x80, 0x40
_IMPORTANCE = 0x60  # nal_ref_idc


def h264(unit: bytes) -> list[bytes]:
    """Cut one Annex B access unit: small NAL units share a STAP-A, large ones become FU-A.

    All fragments of a NAL unit have the same size but the last, which may be shorter.
    """
    payloads: list[bytes] = []
    small: list[bytes] = []
    size = 1
    for nal in _nal_units(unit):
        if small and (len(nal) > LARGEST or size + 2 + len(nal) > LARGEST):
            payloads.append(_aggregated(small))
            small, size = [], 1
        if len(nal) > LARGEST:
            payloads += _fragmented(nal)
        else:
            small.append(nal)
            size += 2 + len(nal)
    if small:
        payloads.append(_aggregated(small))
    return payloads


def _nal_units(unit: bytes) -> Iterator[bytes]:
    start = unit.find(b"\0\0\1")
    while start >= 0:
        end = unit.find(b"\0\0\1", start + 3)
        # A NAL unit never ends in a zero byte: those belong to the next start code.
        nal = unit[start + 3 : end if end >= 0 else len(unit)].rstrip(b"\0")
        if nal:
            yield nal
        start = end


def _aggregated(nals: list[bytes]) -> bytes:
    if len(nals) == 1:
        return nals[0]
    first = max(nal[0] & _IMPORTANCE for nal in nals) | _STAP_A
    return bytes([first]) + b"".join(struct.pack("!H", len(nal)) + nal for nal in nals)


def _fragmented(nal: bytes) -> Iterator[bytes]:
    indicator, kind = nal[0] & 0xE0 | _FU_A, nal[0] & 0x1F
    step = _step(len(nal) - 1, LARGEST - 2)
    for at in range(1, len(nal), step):
        first = _START if at == 1 else 0
        last = _END if at + step >= len(nal) else 0
        yield bytes([indicator, kind | first | last]) + nal[at : at + step]


def _step(size: int, largest: int) -> int:
    """Return the size of a fragment: as few as can be, and equal."""
    count = -(-size // largest)
    return -(-size // count)


class Vp8:
    """Numbers the pictures of one stream with 15 bits, so that a receiver sees which are gone."""

    def __init__(self) -> None:
        """Begin with picture 0."""
        self._picture = 0

    def __call__(self, frame: bytes) -> list[bytes]:
        """Cut one frame; equal fragments, the last one may be shorter."""
        number = struct.pack("!H", 0x8000 | self._picture)
        self._picture = (self._picture + 1) & 0x7FFF
        step = _step(len(frame), LARGEST - 4)
        return [
            bytes([0x80 | (0x10 if at == 0 else 0), 0x80]) + number + frame[at : at + step]
            for at in range(0, len(frame), step)
        ]


def picture_number(payload: bytes) -> int:
    """Return which picture a payload of ``Vp8`` belongs to."""
    return int.from_bytes(payload[2:4], "big") & 0x7FFF


def renumbered(payloads: list[bytes], shift: int) -> list[bytes]:
    """Return payloads of ``Vp8`` as those of a picture that is ``shift`` later."""
    number = struct.pack("!H", 0x8000 | (picture_number(payloads[0]) + shift) & 0x7FFF)
    return [payload[:2] + number + payload[4:] for payload in payloads]


def whole(packet: bytes) -> list[bytes]:
    """Keep it in one: Opus (RFC 7587)."""
    return [packet]

"""From the RTP payloads of one picture to what a decoder takes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from aiortc.codecs.vpx import VpxPayloadDescriptor

_SLICE, _IDR, _SEI, _SPS, _PPS, _AUD = 1, 5, 6, 7, 8, 9
_STAP_A, _FU_A = 24, 28
_START = b"\x00\x00\x00\x01"
_HAS_SLICES = range(1, 6)


@dataclass(slots=True)
class Coded:
    """A picture's bytes; ``parameters``: it holds nothing but SPS, PPS and the like."""

    data: bytes
    key: bool
    parameters: bool = False


@dataclass(slots=True)
class H264:
    """RFC 6184 in packetization mode 1: single NAL units, STAP-A, FU-A.

    Remembers SPS and PPS, and puts them before a key picture that came without.
    """

    _sets: dict[int, bytes] = field(default_factory=dict)

    def picture(self, payloads: list[bytes]) -> Coded:
        """Return Annex B; raise ValueError, IndexError or struct.error where it is garbled."""
        units = _units(payloads)
        types = {unit[0] & 31 for unit in units}
        for unit in units:
            if unit[0] & 31 in (_SPS, _PPS):
                self._sets[unit[0] & 31] = unit
        key = _IDR in types
        if key and _SPS not in types:
            units = [self._sets[kind] for kind in (_SPS, _PPS) if kind in self._sets] + units
        data = b"".join(_START + unit for unit in units)
        return Coded(data, key, bool(types) and types.isdisjoint(_HAS_SLICES))

    def begins(self, payload: bytes) -> bool:
        """Tell whether this payload can be a key picture's first."""
        kind = payload[0] & 31
        if kind == _STAP_A:
            return self.begins(payload[3:])
        if kind == _FU_A:
            return payload[1] & 0x80 != 0 and payload[1] & 31 == _IDR and payload[2] & 0x80 != 0
        if kind == _IDR:
            return payload[1] & 0x80 != 0  # first_mb_in_slice is 0
        return kind in (_SEI, _SPS, _PPS, _AUD)


def _units(payloads: list[bytes]) -> list[bytes]:
    units: list[bytes] = []
    fragments: bytearray | None = None
    for payload in filter(None, payloads):  # an empty one is padding
        kind = payload[0] & 31
        if kind == _FU_A:
            if payload[1] & 0x80:
                fragments = bytearray([payload[0] & 0xE0 | payload[1] & 31])
            if fragments is None:
                raise ValueError("a fragment without its beginning")
            fragments += payload[2:]
            if payload[1] & 0x40:
                units.append(bytes(fragments))
                fragments = None
        elif kind == _STAP_A:
            units += _aggregated(payload)
        elif 0 < kind < _STAP_A:
            units.append(payload)
        else:
            raise ValueError(f"NAL unit type {kind}")
    if fragments is not None:
        raise ValueError("a fragment without its end")
    return units


def _aggregated(payload: bytes) -> list[bytes]:
    units = []
    at = 1
    while at < len(payload):
        size = struct.unpack_from("!H", payload, at)[0]
        unit = payload[at + 2 : at + 2 + size]
        if not size or len(unit) != size:
            raise ValueError("an aggregate is cut short")
        units.append(unit)
        at += 2 + size
    return units


class Vp8:
    """RFC 7741."""

    def picture(self, payloads: list[bytes]) -> Coded:
        """Return one frame; raise ValueError, IndexError or struct.error where it is garbled."""
        data = bytearray()
        key = False
        for payload in payloads:
            if not payload:
                continue  # padding
            descriptor, rest = VpxPayloadDescriptor.parse(payload)
            if descriptor.partition_start and descriptor.partition_id == 0 and rest:
                key = not rest[0] & 1
            data += rest
        return Coded(bytes(data), key)

    def begins(self, payload: bytes) -> bool:
        """Tell whether this payload is a key picture's first."""
        descriptor, rest = VpxPayloadDescriptor.parse(payload)
        first = bool(descriptor.partition_start) and descriptor.partition_id == 0
        return first and bool(rest) and not rest[0] & 1

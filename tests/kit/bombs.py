"""Pictures that declare far more than they hold."""

from __future__ import annotations

import struct

START = b"\x00\x00\x00\x01"


def vp8_bomb(width: int = 16383, height: int = 16383) -> bytes:
    """Return 70 bytes of a VP8 key frame that declares such a size (RFC 6386, 9.1)."""
    return b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(60)


def _ue(number: int) -> str:
    bits = f"{number + 1:b}"
    return "0" * (len(bits) - 1) + bits


def sps(width: int, height: int, *, references: int = 1, crop: int = 0, level: int = 31) -> bytes:
    """Return a baseline sequence parameter set; ``crop`` pairs of pixels are hidden at each side.

    ``width`` and ``height`` are whole macroblocks of 16.
    """
    bits = f"{66:08b}{0:08b}{level:08b}" + _ue(0) + _ue(0) + _ue(2) + _ue(references) + "0"
    bits += _ue(width // 16 - 1) + _ue(height // 16 - 1) + "11"  # frames only, direct 8x8
    bits += "1" + _ue(crop) * 4 if crop else "0"
    bits += "01"  # no VUI; the stop bit
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    for odd in (b"\0\0\0", b"\0\0\1", b"\0\0\2", b"\0\0\3"):
        data = data.replace(odd, b"\0\0\3" + odd[2:])
    return b"\x67" + data


def h264_bomb(real: bytes, width: int = 16384, height: int = 16384, **more: int) -> bytes:
    """Return a real key unit whose parameter set declares such a size instead."""
    units = [nal for nal in real.split(START) if nal]
    assert any(nal[0] & 31 == 7 for nal in units)
    lie = sps(width, height, **more)
    return START + START.join(lie if nal[0] & 31 == 7 else nal for nal in units)

"""RTP headers as one viewer negotiated them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from genba.session.peer.offer import ABS_SEND_TIME, MID

if TYPE_CHECKING:
    from genba.session.peer.offer import Pick

_FIXED = struct.Struct("!BBHLL")
_ONE_BYTE = 0xBEDE  # RFC 8285, section 4.2
_LONGEST = 16  # bytes of a one-byte extension


class Header:
    """The fixed header, and the extensions mid and abs-send-time where both sides know them."""

    def __init__(self, pick: Pick) -> None:
        """Prepare all that stays the same."""
        fixed = b""
        mid = pick.mid.encode()
        if MID in pick.extensions and 0 < len(mid) <= _LONGEST:
            fixed = bytes([pick.extensions[MID] << 4 | len(mid) - 1]) + mid
        self._timed = ABS_SEND_TIME in pick.extensions
        if self._timed:
            fixed += bytes([pick.extensions[ABS_SEND_TIME] << 4 | 2])
        size = len(fixed) + (3 if self._timed else 0)
        self._padding = bytes(-size % 4)
        self._first = 0x90 if size else 0x80
        self._fixed = struct.pack("!HH", _ONE_BYTE, (size + 3) // 4) + fixed if size else b""

    def extensions(self, ntp: int) -> bytes:
        """Return the block of extensions of a packet that is sent at this NTP time."""
        if not self._timed:
            return self._fixed + self._padding
        return self._fixed + ((ntp >> 14) & 0xFFFFFF).to_bytes(3, "big") + self._padding

    def packet(
        self,
        payload_type: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        *,
        extensions: bytes,
        marker: bool,
    ) -> bytes:
        """Return one RTP packet, not yet protected."""
        second = payload_type | (0x80 if marker else 0)
        fixed = _FIXED.pack(self._first, second, sequence, timestamp, ssrc)
        return fixed + extensions + payload

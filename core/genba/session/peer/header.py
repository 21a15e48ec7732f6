"""RTP headers as one viewer negotiated them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from genba.session.peer.offer import ABS_SEND_TIME, MID, TRANSPORT_CC

if TYPE_CHECKING:
    from genba.session.peer.offer import Pick

_ONE_BYTE = 0xBEDE  # RFC 8285, section 4.2
_LONGEST = 16  # bytes of a one-byte extension


class Header:
    """The fixed header and, where both sides know them, the extensions.

    These are mid, and the transport-wide sequence number (``numbered``) or else abs-send-time: a
    peer that numbers packets has no need of the other. All that stays the same is laid out once.
    """

    def __init__(self, pick: Pick) -> None:
        """Prepare; ``size`` is that of every header."""
        self.numbered = TRANSPORT_CC in pick.extensions
        self._timed = not self.numbered and ABS_SEND_TIME in pick.extensions
        fixed = b""
        mid = pick.mid.encode()
        if MID in pick.extensions and 0 < len(mid) <= _LONGEST:
            fixed = bytes([pick.extensions[MID] << 4 | len(mid) - 1]) + mid
        if self.numbered:
            fixed += bytes([pick.extensions[TRANSPORT_CC] << 4 | 1])
        elif self._timed:
            fixed += bytes([pick.extensions[ABS_SEND_TIME] << 4 | 2])
        length = len(fixed) + (2 if self.numbered else 3 if self._timed else 0)
        self._padding = bytes(-length % 4)
        self.first = 0x90 if length else 0x80
        self._fixed = struct.pack("!HH", _ONE_BYTE, (length + 3) // 4) + fixed if length else b""
        if self.numbered:
            form = f"!BBHLL{len(self._fixed)}sH{len(self._padding)}x"
        else:
            form = f"!BBHLL{len(self.block(0.0))}s"
        packed = struct.Struct(form)
        self.size = packed.size
        self.pack_into = packed.pack_into

    def block(self, moment: float) -> bytes:
        """Return the extensions of packets that are sent at this moment, of any steady clock.

        Where packets are numbered, their number comes behind it.
        """
        if self._timed:
            time = int(moment * (1 << 18)) & 0xFFFFFF
            return self._fixed + time.to_bytes(3, "big") + self._padding
        return self._fixed if self.numbered else self._fixed + self._padding

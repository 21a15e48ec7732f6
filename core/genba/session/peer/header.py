"""RTP headers as one viewer negotiated them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from genba.session.peer.offer import ABS_SEND_TIME, MID, PLAYOUT_DELAY, TRANSPORT_CC

if TYPE_CHECKING:
    from genba.session.peer.offer import Pick

_ONE_BYTE = 0xBEDE  # RFC 8285, section 4.2
_LONGEST = 16  # bytes of a one-byte extension
# What a browser may add before it shows a picture, in 10 ms: 12 bits at least, 12 at most.
_AT_ONCE, _AS_IT_LIKES = bytes(3), (1000).to_bytes(3, "big")


class Header:
    """The fixed header and, where both sides know them, the extensions.

    These are mid, playout-delay, and the transport-wide sequence number (``numbered``) or else
    abs-send-time: a peer that numbers packets has no need of the other. All that stays the same is
    laid out once. ``smooth``: pictures may be held back to come evenly; else each is to be shown
    at once.
    """

    def __init__(self, pick: Pick) -> None:
        """Prepare; ``size`` is that of every header."""
        self.smooth = False
        self.numbered = TRANSPORT_CC in pick.extensions
        self._timed = not self.numbered and ABS_SEND_TIME in pick.extensions
        self._lively, self._even = (self._laid(pick, delay) for delay in (_AT_ONCE, _AS_IT_LIKES))
        left = 2 if self.numbered else 3 if self._timed else 0
        self._padding = bytes(-(len(self._lively) + left) % 4)
        self.first = 0x90 if self._lively else 0x80
        if self.numbered:
            form = f"!BBHLL{len(self._lively)}sH{len(self._padding)}x"
        else:
            form = f"!BBHLL{len(self.block(0.0))}s"
        packed = struct.Struct(form)
        self.size = packed.size
        self.pack_into = packed.pack_into

    def block(self, moment: float) -> bytes:
        """Return the extensions of packets that are sent at this moment, of any steady clock.

        Where packets are numbered, their number comes behind it.
        """
        fixed = self._even if self.smooth else self._lively
        if self._timed:
            time = int(moment * (1 << 18)) & 0xFFFFFF
            return fixed + time.to_bytes(3, "big") + self._padding
        return fixed if self.numbered else fixed + self._padding

    def _laid(self, pick: Pick, delay: bytes) -> bytes:
        """Return the extensions up to what changes with each packet."""
        laid = b""
        mid = pick.mid.encode()
        if MID in pick.extensions and 0 < len(mid) <= _LONGEST:
            laid = bytes([pick.extensions[MID] << 4 | len(mid) - 1]) + mid
        if PLAYOUT_DELAY in pick.extensions:
            laid += bytes([pick.extensions[PLAYOUT_DELAY] << 4 | 2]) + delay
        left = 0
        if self.numbered:
            laid, left = laid + bytes([pick.extensions[TRANSPORT_CC] << 4 | 1]), 2
        elif self._timed:
            laid, left = laid + bytes([pick.extensions[ABS_SEND_TIME] << 4 | 2]), 3
        return struct.pack("!HH", _ONE_BYTE, (len(laid) + left + 3) // 4) + laid if laid else b""

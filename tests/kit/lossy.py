"""A peer socket that loses or delays what a test tells it to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.peer import PeerSocket

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.binding import Notes
    from genba.session.peer.ice import Address
    from genba.wire.order import RtcOrder


class LossySocket(PeerSocket):
    """``lose`` sees each SRTP datagram that comes in (not SRTCP, STUN, DTLS); True loses it."""

    def __init__(self, rtc: RtcOrder, lose: Callable[[bytes], bool]) -> None:
        super().__init__(rtc)
        self.lose = lose
        self.lost = 0

    def _take(
        self, data: bytes, address: Address, arrival: float, back: Notes | None = None
    ) -> None:
        if 127 < data[0] < 192 and not 192 <= data[1] <= 223 and self.lose(data):
            self.lost += 1
            return
        super()._take(data, address, arrival, back)

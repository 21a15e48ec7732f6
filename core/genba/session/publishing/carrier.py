"""What a sender needs of the peer that carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.peer.train import Train


class Carrier(Protocol):
    """The peer, as a sender needs it; all rates are bit/s."""

    @property
    def ready(self) -> bool:
        """Whether a picture that is given to ``send`` now can leave soon."""
        ...

    @property
    def available(self) -> int:
        """What the way carries; 0 while unknown."""
        ...

    def send(self, train: Train) -> bool:
        """Send, or let wait what is paced; False: the socket is full, the rest was dropped."""
        ...

    def send_rtcp(self, data: bytes) -> None:
        """Send one compound packet."""
        ...

    def fill(self, filler: Callable[[int], Train | None] | None) -> None:
        """Have padding of about so many bytes made by ``filler``."""
        ...

    def hear_remb(self, bitrate: int, sending: int) -> None:
        """Take the viewer's own estimate, while ``sending`` goes to it."""
        ...

    def hear_loss(self, loss: float, sending: int) -> None:
        """Take the loss (0 to 1) of a report, while ``sending`` goes to it."""
        ...

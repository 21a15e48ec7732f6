"""Packets that belong together: those of one picture, of one sound, or some that go again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genba.session.peer.header import Header

# Packets that one call gives to the kernel: beyond some ten there is little left to gain, and what
# reaches a narrow link at once has to fit into its queue.
MOST = 16

Run: TypeAlias = tuple[int, int]


def runs_of(payloads: Sequence[bytes]) -> tuple[Run, ...]:
    """Return where runs begin and end whose packets can be segments of one datagram.

    All of a run have one size, the last may be shorter.
    """
    found: list[Run] = []
    start = 0
    for at in range(1, len(payloads) + 1):
        if (
            at == len(payloads)
            or at - start == MOST
            or len(payloads[at]) > len(payloads[start])
            or len(payloads[at - 1]) < len(payloads[start])
        ):
            found.append((start, at))
            start = at
    return tuple(found)


@dataclass(slots=True)
class Train:
    """Packets with the sequence numbers from ``first`` on; payloads are shared, not copied.

    ``octets`` are those of all payloads.
    A ``paced`` one may wait for its turn; ``dropped`` is called when it did in vain. ``marked``:
    the last packet has the marker bit. ``stamps``, where it is a list, gets the extensions and the
    number that each packet left with; ``block`` and ``number`` are those of such an earlier
    sending: what goes again under its own sequence number has to be the same to the last bit,
    because a cipher must not be given two packets for one index.
    """

    header: Header
    payload_type: int
    first: int
    timestamp: int
    ssrc: int
    payloads: Sequence[bytes]
    runs: tuple[Run, ...]
    octets: int
    marked: bool = True
    paced: bool = False
    dropped: Callable[[], None] | None = None
    stamps: list[tuple[bytes, int]] | None = None
    block: bytes | None = None
    number: int | None = None

    def packets(self, moment: float = 0.0, number: int = 0) -> list[bytes]:
        """Return the plain packets, the first one with this transport-wide number."""
        header = self.header
        block = header.block(moment) if self.block is None else self.block
        found = []
        for index, payload in enumerate(self.payloads):
            marker = 0x80 if self.marked and index == len(self.payloads) - 1 else 0
            sequence = (self.first + index) & 0xFFFF
            words = (self.payload_type | marker, sequence, self.timestamp, self.ssrc, block)
            numbers = ((number + index) & 0xFFFF,) if header.numbered else ()
            head = bytearray(header.size)
            header.pack_into(head, 0, header.first, *words, *numbers)
            found.append(bytes(head) + payload)
        return found

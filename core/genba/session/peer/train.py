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
    marked: bool = True
    paced: bool = False
    dropped: Callable[[], None] | None = None
    stamps: list[tuple[bytes, int]] | None = None
    block: bytes | None = None
    number: int | None = None

    def write(
        self, index: int, buffer: bytearray | memoryview, at: int, block: bytes, number: int
    ) -> int:
        """Write one packet into a buffer, not yet protected; return where it ends."""
        header, payload = self.header, self.payloads[index]
        second = self.payload_type
        if self.marked and index == len(self.payloads) - 1:
            second |= 0x80
        sequence = (self.first + index) & 0xFFFF
        if header.numbered:
            header.pack_into(
                *(buffer, at, header.first, second, sequence, self.timestamp, self.ssrc),
                *(block, number & 0xFFFF),
            )
        else:
            header.pack_into(
                buffer, at, header.first, second, sequence, self.timestamp, self.ssrc, block
            )
        begin = at + header.size
        end = begin + len(payload)
        buffer[begin:end] = payload
        return end

    def packets(self, moment: float = 0.0, number: int = 0) -> list[bytes]:
        """Return the plain packets, the first one with this transport-wide number."""
        block = self.header.block(moment) if self.block is None else self.block
        found = []
        for index, payload in enumerate(self.payloads):
            buffer = bytearray(self.header.size + len(payload))
            self.write(index, buffer, 0, block, number + index)
            found.append(bytes(buffer))
        return found

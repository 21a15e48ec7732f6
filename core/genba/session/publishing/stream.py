"""One layer as RTP payloads, packetised once however many look on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.session.encoder.fanout import Fanout
from genba.session.peer.train import Run, runs_of
from genba.session.publishing import packetise

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.api import Packet

_RATES = {"video": 90_000, "audio": 48_000}


@dataclass(frozen=True, slots=True)
class Burst:
    """The payloads of one picture or sound; ``time`` is its moment on the media clock.

    ``ticks`` is the same in the RTP clock's units, before a sender's own offset; ``runs`` and
    ``octets`` are counted once for all who send them.
    """

    payloads: list[bytes]
    time: float
    ticks: int
    key: bool
    runs: tuple[Run, ...]
    octets: int


class Stream:
    """A sink of a layer's fan-out while ``senders`` has any; on the event loop.

    Made by ``fanout.shared(Stream)``, so that all senders of a layer have the same.
    """

    def __init__(self, layer: Fanout[Packet]) -> None:
        """Hang on to a layer's fan-out."""
        self.senders: Fanout[Burst] = Fanout(
            on_first=lambda: layer.add(self), on_last=lambda: layer.remove(self)
        )
        self._packetise: dict[str, Callable[[bytes], list[bytes]]] = {
            "h264": packetise.h264,
            "vp8": packetise.Vp8(),
            "opus": packetise.whole,
        }

    def push(self, packet: Packet) -> None:
        """Packetise and give it to all."""
        payloads = self._packetise[packet.codec](packet.data)
        if payloads:
            ticks = round(packet.time * _RATES[packet.kind])
            runs, octets = runs_of(payloads), sum(map(len, payloads))
            self.senders.push(Burst(payloads, packet.time, ticks, packet.key, runs, octets))

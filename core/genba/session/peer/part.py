"""What a receiver or sender is to the peer that carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from aiortc.rtp import AnyRtcpPacket

    from genba.session.peer.packet import Packet


class Part(Protocol):
    """One negotiated m-line's media. Everything is called on the event loop and must not block.

    An exception of a part is logged and costs one packet, never the call.
    """

    def start(self) -> None:
        """Begin: the peer is connected."""
        ...

    def stop(self) -> None:
        """End: nothing can be sent any more. Called once, also when ``start`` never was."""
        ...

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        """Hear one RTCP packet that concerns this part."""
        ...


@runtime_checkable
class ReceivingPart(Part, Protocol):
    """A part of a publishing peer."""

    def on_rtp(self, packet: Packet, arrival: float) -> None:
        """Take one packet; ``arrival`` is the kernel's, as a reading of ``time.monotonic()``."""
        ...


@runtime_checkable
class SendingPart(Part, Protocol):
    """A part of a viewing peer; the answer names its streams before it starts."""

    _ssrc: int
    rtx_ssrc: int
    cname: str

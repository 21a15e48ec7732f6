"""A camera's sound: from RTP packets to its buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.camera.input import Input

if TYPE_CHECKING:
    from aiortc.rtp import RtpPacket

    from genba.session.camera.sound import SoundBuffer
    from genba.session.peer import Peer, Pick


class AudioInput(Input):
    """Hands Opus packets on as they come; the buffer puts them in order."""

    def __init__(self, peer: Peer, pick: Pick, sound: SoundBuffer) -> None:
        """Take the pick of an Opus m-line."""
        super().__init__(peer, pick)
        self._sound = sound

    def restarted(self) -> None:
        """Begin anew with another stream."""
        self._sound.reset()

    def on_rtp(self, packet: RtpPacket, arrival: float) -> None:
        """Take one packet; an empty one is padding."""
        sequence = self.count(packet, arrival)
        if packet.payload:
            self._sound.put(sequence, packet.timestamp, packet.payload, arrival)

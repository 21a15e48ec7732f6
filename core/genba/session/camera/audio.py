"""A camera's sound: from RTP packets to its buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.camera.input import Input
from genba.session.camera.timeline import Timeline
from genba.session.peer.counter import unwrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiortc.rtp import RtpPacket

    from genba.session.camera.sound import SoundBuffer
    from genba.session.mediaclock import MediaClock
    from genba.session.peer import Peer, Pick


class AudioInput(Input):
    """Hands Opus packets on as they come; the buffer puts them in order."""

    def __init__(
        self,
        peer: Peer,
        pick: Pick,
        sound: SoundBuffer,
        clock: MediaClock,
        heard: Callable[[bytes, float], None],
    ) -> None:
        """Take the pick of an Opus m-line; ``heard`` gets each packet and its media time."""
        super().__init__(peer, pick)
        self._sound = sound
        self._clock = clock
        self._heard = heard
        self._timeline = Timeline(pick.codec.clockRate)
        self._ts: int | None = None

    def restarted(self) -> None:
        """Begin anew with another stream."""
        self._sound.reset()
        self._timeline = Timeline(self.pick.codec.clockRate)

    def on_rtp(self, packet: RtpPacket, arrival: float) -> None:
        """Take one packet; an empty one is padding."""
        sequence = self.count(packet, arrival)
        if packet.payload:
            self._sound.put(sequence, packet.timestamp, packet.payload, arrival)
            self._ts = ts = unwrap(packet.timestamp, self._ts, 32)
            self._heard(packet.payload, self._timeline.moment(ts, self._clock.at(arrival)))

"""A camera's sound: from RTP packets to its buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.camera.inorder import InOrder
from genba.session.camera.input import Input
from genba.session.camera.opus import LOOKAHEAD, samples_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.sound import SoundBuffer
    from genba.session.camera.timeline import SenderClock
    from genba.session.mediaclock import MediaClock
    from genba.session.peer import Peer, Pick
    from genba.session.peer.packet import Packet


class AudioInput(Input):
    """Hands Opus packets on as they come; the buffer puts them in order."""

    def __init__(  # noqa: PLR0917 (what it reads, and both that it feeds)
        self,
        peer: Peer,
        pick: Pick,
        sound: SoundBuffer,
        clock: MediaClock,
        heard: Callable[[bytes, float], None],
        sender: SenderClock | None = None,
    ) -> None:
        """Take the pick of an Opus m-line.

        ``heard`` gets each packet, in order, and the media time at which its first sample was
        captured.
        """
        super().__init__(peer, pick, clock, sender)
        self._sound = sound
        self._heard = InOrder(heard)

    def stop(self) -> None:
        """End; what waits is handed on."""
        super().stop()
        self._heard.flush()

    def restarted(self) -> None:
        """Begin anew with another stream."""
        super().restarted()
        self._heard.flush()
        self._sound.reset()

    def on_rtp(self, packet: Packet, arrival: float) -> None:
        """Take one packet; what is padding or no Opus goes no further."""
        sequence = self.count(packet, arrival)
        samples = samples_in(packet.payload)
        if not samples:
            return
        ts = self.extended(packet.timestamp)
        moment = self.timeline.place(ts, self.clock.at(arrival), samples) - LOOKAHEAD
        # From now on it can be played: a late turn of this loop is jitter, too.
        self._sound.put(ts, packet.payload, self.clock.now(), moment)
        self._heard.put(sequence, packet.payload, moment)

"""One viewer's picture: which layer its sender has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.encoder.quality import Quality
from genba.session.publishing.choice import Choice, Seen, Wish
from genba.session.publishing.stream import Stream
from genba.wire.viewing import Viewing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.api import Layer
    from genba.session.encoder.layer import VideoLayer
    from genba.session.encoder.layers import Layers
    from genba.session.mediaclock import MediaClock
    from genba.session.peer.peer import Peer
    from genba.session.publishing.choice import Asked
    from genba.session.publishing.sender import Sender


class Tuner:
    """Turns the sender to what the choice says; on the event loop.

    ``look`` is called about twice a second once the call stands.
    """

    def __init__(self, layers: Layers, codec: Layer, clock: MediaClock, asked: Asked) -> None:
        """Begin with what was asked for."""
        self.wish = asked.wish
        self._layers = layers
        self._codec = codec
        self._clock = clock
        self._sent: Quality | None = Quality.LOW if asked.narrow else self._top
        self._choice: Choice | None = None

    @property
    def layer(self) -> VideoLayer:
        """What is sent, or was before the viewer was shed."""
        quality = Quality.LOW if self._sent is None else self._sent
        return self._layers.video(self._codec, quality)

    @property
    def _top(self) -> Quality:
        match self.wish:
            case Wish.AUTO:
                return self._layers.own
            case Wish.LOW:
                return Quality.LOW
            case Wish.HIGH:
                return self._layers.best

    def ask(self, wish: Wish) -> None:
        """Have another quality, from the next look on."""
        self.wish = wish
        if self._choice is not None:
            self._choice.limit(self._top, self._clock.now())

    def look(self, sender: Sender, peer: Peer, rates: Mapping[VideoLayer, int]) -> bool:
        """Turn the sender where the link asks for it; say whether anything changed.

        ``rates`` has the bit/s of the layers that run.
        """
        now = self._clock.now()
        if self._choice is None:
            nominal = {q: self._layers.video(self._codec, q).kbps * 1000 for q in Quality}
            self._choice = Choice(nominal, self._top, now, self._sent)
        stats = sender.stats
        rate = rates.get(self.layer, 0)
        available, probed = peer.available, peer.probing and peer.available > 0
        chosen = self._choice.look(
            now, Seen(available, rate, stats.loss, stats.dropped, probed=probed)
        )
        if chosen is self._sent:
            return False
        before, self._sent = self._sent, chosen
        if chosen is None:
            sender.pause()
            return True
        if before is None:
            sender.start()
        layer = self.layer
        sender.switch(layer.fanout.shared(Stream), layer.request_key)
        return True

    def viewing(self) -> Viewing:
        """Return what is asked for and sent now."""
        choice = self._choice
        best = self._layers.video(self._codec, self._layers.best)
        return Viewing(
            wish=self.wish.value,
            quality=self._sent.value if self._sent is not None else None,
            lines=self.layer.size[1] if self._sent is not None else 0,
            highest=best.size[1],
            shed=choice.shed.value if choice is not None and choice.shed is not None else None,
        )

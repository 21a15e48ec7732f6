"""All encodings of a session's view."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from genba.api import Layer
from genba.session.encoder.layer import VideoLayer
from genba.session.encoder.quality import Quality
from genba.session.encoder.sound import SoundLayer

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from av import VideoFrame

    from genba.api import Packet
    from genba.session.compositor.mixer import Mix
    from genba.session.encoder.sound import Mixes
    from genba.session.mediaclock import MediaClock
    from genba.wire.order import ViewOrder


LATELY = 5.0  # seconds that a picture which was asked for once keeps the view going


class Layers:
    """Makes and ends them; on the event loop. One that nobody asks for costs nothing."""

    def __init__(
        self,
        view: ViewOrder,
        clock: MediaClock,
        mixer: Mixes,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Prepare; no codec runs before somebody listens."""
        self.view = view
        self._mixer = mixer
        self._loop = loop
        self.own = Quality.of(view)
        # What somebody may ask for, although the view itself is less.
        reach = Quality.of(view.model_copy(update={"height": view.highest}))
        self.best = max(self.own, reach, key=list(Quality).index)
        # All from the beginning, so that other threads read a table that never changes.
        self._video = {
            (codec, quality): VideoLayer(codec, quality.order(view), clock, loop)
            for quality in Quality
            for codec in Layer
        }
        self._asked_at = float("-inf")
        # A camera's mix ends with the last who hears it; tickets come and go all day.
        self._sound: WeakValueDictionary[Mix, SoundLayer] = WeakValueDictionary()
        self._closed = False

    def put(self, frame: VideoFrame, moment: float) -> None:
        """Give a picture of the view to the encoders that run at its size. Compositor's thread."""
        size = frame.width, frame.height
        for layer in self._video.values():
            if layer.size == size:
                layer.put(frame, moment)

    def sizes(self) -> frozenset[tuple[int, int]]:
        """Return the sizes that encoders run at now: what ``put`` is waited for. Any thread."""
        return frozenset(layer.size for layer in self._video.values() if layer.running)

    def wanted(self) -> bool:
        """Say whether anybody needs pictures: an encoder runs, or ``want`` was called lately.

        Any thread.
        """
        return time.monotonic() - self._asked_at < LATELY or any(
            layer.running for layer in self._video.values()
        )

    def want(self) -> None:
        """Need a picture of the view's own size now, and maybe again soon. Any thread."""
        self._asked_at = time.monotonic()

    def video(self, codec: Layer, quality: Quality | None = None) -> VideoLayer:
        """Return the layer of a codec at a quality; None: the view's own."""
        return self._video[codec, self.own if quality is None else quality]

    def rates(self) -> dict[VideoLayer, int]:
        """Return the bit/s that each layer takes which runs; 0 while that is not known yet."""
        return {layer: layer.rate for layer in self._video.values() if layer.running}

    def tell(self, delivered: Callable[[Packet, float, float], None]) -> None:
        """Have every encoder's packets told of: when each came, and when all sinks had it."""
        for layer in self._video.values():
            layer.delivered = delivered

    def sound(self, mix: Mix) -> SoundLayer:
        """Return the layer of a mix; it lives while somebody holds it or one of its sinks."""
        layer = self._sound.get(mix)
        if layer is None:
            layer = SoundLayer(self._mixer, mix, self._loop)
            if self._closed:
                layer.close()
            self._sound[mix] = layer
        return layer

    @property
    def dropped(self) -> int:
        """How many pictures slow encoders have never seen."""
        return sum(layer.stats().dropped for layer in self._video.values())

    async def close(self) -> None:
        """End all encoders for good and wait for their threads."""
        self._closed = True
        for sound in list(self._sound.values()):
            sound.close()
        for video in self._video.values():
            await video.close()

"""All encodings of a session's view."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from genba.api import Layer
from genba.session.encoder.layer import VideoLayer
from genba.session.encoder.sound import SoundLayer

if TYPE_CHECKING:
    import asyncio

    from av import VideoFrame

    from genba.session.compositor.mixer import Mix
    from genba.session.encoder.sound import Mixes
    from genba.session.mediaclock import MediaClock
    from genba.wire.order import ViewOrder


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
        self._video = {codec: VideoLayer(codec, view, clock, loop) for codec in Layer}
        # A camera's mix ends with the last who hears it; tickets come and go all day.
        self._sound: WeakValueDictionary[Mix, SoundLayer] = WeakValueDictionary()
        self._closed = False

    def put(self, frame: VideoFrame, moment: float) -> None:
        """Give the view's next picture to the encoders that run. The compositor's thread."""
        for layer in self._video.values():
            layer.put(frame, moment)

    def video(self, codec: Layer) -> VideoLayer:
        """Return the layer of a codec."""
        return self._video[codec]

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

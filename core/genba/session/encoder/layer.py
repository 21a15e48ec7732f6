"""One encoding of the view."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from genba.session.encoder.fanout import Fanout
from genba.session.encoder.keyrequests import KeyRequests
from genba.session.encoder.stats import Meter, Noted, VideoStats
from genba.session.encoder.videothread import VideoThread

if TYPE_CHECKING:
    from collections.abc import Callable

    from av import VideoFrame

    from genba.api import Layer, Packet
    from genba.session.encoder.videothread import Encoded
    from genba.session.mediaclock import MediaClock
    from genba.wire.order import ViewOrder

log = logging.getLogger(__name__)

LINGER = 2.0  # seconds that an encoder waits for a viewer who reconnects
WARM = 5.0  # seconds that it waits for one whose call is being set up


class VideoLayer:
    """Encodes while ``fanout`` has sinks, and a little longer; on the event loop.

    A sink that joins is sent a key picture promptly. Who made the layer closes it.
    """

    def __init__(
        self, codec: Layer, view: ViewOrder, clock: MediaClock, loop: asyncio.AbstractEventLoop
    ) -> None:
        """Prepare; no encoder runs before the first sink."""
        self.codec = codec
        self.fanout: Fanout[Packet] = Fanout(
            on_first=self._begin, on_last=self._linger, on_add=self.request_key
        )
        self._view = view
        self._clock = clock
        self._loop = loop
        self._keys = KeyRequests(loop, self._ask_for_key)
        self._run: VideoThread | None = None
        self._ending: list[VideoThread] = []
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._meter = Meter()
        self._pictures = self._key_frames = self._dropped = 0
        # Told of each packet: when it came, and when all sinks had it, on the media clock.
        self.delivered: Callable[[Packet, float, float], None] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures. Any thread."""
        return self._view.width, self._view.height

    @property
    def kbps(self) -> int:
        """What it is meant to take, in kbit/s. Any thread."""
        return self._view.kbps

    @property
    def running(self) -> bool:
        """Whether its encoder runs. Any thread."""
        return self._run is not None

    def put(self, frame: VideoFrame, moment: float) -> None:
        """Encode a picture that nobody will write into; cheap while nobody listens. Any thread."""
        run = self._run
        if run is not None:
            run.put(frame, moment)

    @property
    def rate(self) -> int:
        """The bit/s that it takes now, over the last two seconds; 0 while that is not known."""
        return self._meter.rates(self._clock.now()).kbps * 1000

    def warm(self) -> None:
        """Run for somebody who will join in a moment, so that its first picture comes at once."""
        self._begin()
        if not len(self.fanout):
            self._linger(WARM)

    def request_key(self) -> None:
        """Have a key picture made soon: at once, or within 250 ms of the one before."""
        if self._run is not None:
            self._keys.request()

    def stats(self) -> VideoStats:
        """Return how it does."""
        run = self._run
        return VideoStats(
            running=run is not None,
            rates=self._meter.rates(self._clock.now()),
            pictures=self._pictures,
            key_frames=self._key_frames,
            dropped=self._dropped + (run.dropped if run is not None else 0),
        )

    async def close(self) -> None:
        """End the encoder for good and wait for its thread."""
        self._closed = True
        self._end()
        ending, self._ending = self._ending, []
        for run in ending:
            await asyncio.to_thread(run.join)

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._run is not None or self._closed:
            return
        run = VideoThread(self.codec, self._view, self._loop, self._deliver)
        run.start()
        self._run = run
        log.info("the %s encoder of %d lines runs", self.codec.value, self._view.height)

    def _linger(self, seconds: float | None = None) -> None:
        if self._run is not None:
            wait = LINGER if seconds is None else seconds
            self._timer = self._loop.call_later(wait, self._end)

    def _end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._keys.settle()
        self._meter.clear()
        run, self._run = self._run, None
        if run is not None:
            run.end()
            self._dropped += run.dropped
            self._ending = [*(r for r in self._ending if r.alive), run]
            log.info("the %s encoder of %d lines ends", self.codec.value, self._view.height)

    def _ask_for_key(self) -> None:
        if self._run is not None:
            self._run.request_key()

    def _deliver(self, run: VideoThread, encoded: Encoded) -> None:
        if run is not self._run:
            return  # the last words of one that was ended
        packet, came = encoded.packet, self._clock.now()
        self._meter.note(Noted(came, packet.time, len(packet.data), encoded.cpu))
        self._pictures += 1
        if packet.key:
            self._key_frames += 1
            self._keys.settle()
        self.fanout.push(packet)
        if self.delivered is not None:
            self.delivered(packet, came, self._clock.now())

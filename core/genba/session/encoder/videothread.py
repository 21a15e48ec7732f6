"""One run of a video encoder, on a thread of its own."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.api import Packet
from genba.session.encoder.codec import TIME_BASE, open_video, prepared
from genba.session.encoder.handover import Handover

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from av import VideoCodecContext, VideoFrame

    from genba.api import Layer
    from genba.wire.order import ViewOrder

log = logging.getLogger(__name__)

BEHIND = 8  # packets that the loop may be behind; then pictures are left out unencoded


@dataclass(frozen=True, slots=True)
class Encoded:
    """A packet, and the CPU seconds that its thread has used so far."""

    packet: Packet
    cpu: float


class VideoThread:
    """Encodes the newest picture it was given, from ``start`` until ``end``.

    Packets reach ``take(run, encoded)`` on the loop. Should the codec break, it is opened again
    with the next picture, which then is a key picture; the trouble is logged once until it is
    over.
    """

    def __init__(
        self,
        layer: Layer,
        view: ViewOrder,
        loop: asyncio.AbstractEventLoop,
        take: Callable[[VideoThread, Encoded], None],
    ) -> None:
        """Prepare; nothing runs before ``start``."""
        self._layer = layer
        self._view = view
        self._handover: Handover[Encoded] = Handover(loop, lambda made: take(self, made), BEHIND)
        self._changed = threading.Condition()
        self._next: tuple[VideoFrame, float] | None = None
        self._key = False
        self._ended = False
        self._last = -1
        self._ailing = False
        name = f"encoder {layer.value} {view.height}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.dropped = 0

    def start(self) -> None:
        """Start; once."""
        self._thread.start()

    def put(self, frame: VideoFrame, moment: float) -> None:
        """Encode this picture next, in the place of one that still waits. Any thread."""
        with self._changed:
            if self._next is not None:
                self.dropped += 1
            self._next = (frame, moment)
            self._changed.notify()

    def request_key(self) -> None:
        """Make the next picture a key picture. Any thread."""
        with self._changed:
            self._key = True

    def end(self) -> None:
        """Have the thread end after the picture that it works on; does not wait. Any thread."""
        with self._changed:
            self._ended = True
            self._next = None
            self._changed.notify()

    @property
    def alive(self) -> bool:
        """Whether the thread still runs."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end; never on the event loop."""
        self._thread.join()

    def _run(self) -> None:
        codec: VideoCodecContext | None = None
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ended or self._next is not None)
                if self._next is None:
                    return
                frame, moment = self._next
                self._next = None
                if self._handover.full:
                    self.dropped += 1
                    continue
                key, self._key = self._key, False
            try:
                codec = codec or open_video(self._layer, self._view)
                self._encode(codec, prepared(frame, moment, key=key))
            except Exception:
                if not self._ailing:
                    log.exception("the %s encoder failed", self._layer.value)
                self._ailing, codec = True, None
            else:
                self._ailing = False
            del frame  # the compositor paints on it again once nobody holds it

    def _encode(self, codec: VideoCodecContext, frame: VideoFrame) -> None:
        if frame.pts is None or frame.pts <= self._last:
            return  # the codec takes no picture that is not newer
        self._last = frame.pts
        for packet in codec.encode(frame):
            stamp = frame.pts if packet.pts is None else packet.pts
            made = Packet(
                kind="video",
                codec="h264" if self._layer.value == "h264" else "vp8",
                data=bytes(packet),
                time=float(stamp * TIME_BASE),
                duration=1 / self._view.fps,
                key=packet.is_keyframe,
            )
            self._handover.put(Encoded(made, time.thread_time()))

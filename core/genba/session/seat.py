"""One camera slot of a session: who sits there, and what can be said of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from genba.session.camera.slot import FrameSlot
from genba.session.compositor.source import Source
from genba.session.sizing import FULL
from genba.wire.resume import KeptSeat
from genba.wire.state import CameraState, Slot

if TYPE_CHECKING:
    from datetime import datetime

    from genba.clock import Clock
    from genba.session.camera.link import CameraLink

SILENCE = 3.0  # seconds without a picture until a camera counts as lost


class Seat:
    """Kept by the event loop; ``frames`` is also written by the camera's decode thread.

    A seat is *taken* from a camera's first offer until it is freed; a broken link leaves it taken,
    so that the same camera finds its place again.
    """

    def __init__(self, n: int, clock: Clock) -> None:
        """Make the empty seat number ``n`` (from 1)."""
        self.n = n
        self._clock = clock
        self.frames = FrameSlot()
        self.link: CameraLink | None = None
        self.camera: str | None = None
        self.name = ""
        self.since: datetime | None = None
        self.paused = False
        self.lines = FULL  # of the shorter side: what its page is asked to send at most
        self.joined = False  # plugins and history have heard of it
        self.left_at = 0.0  # monotonic, when the link broke
        self.last_picture: datetime | None = None

    def take(self, camera: str, name: str) -> None:
        """Give the seat to a camera; its old name stays when it comes back."""
        if self.camera != camera:
            self.name = name
            self.since = self._clock.now()
            self.joined = False
            self.last_picture = None
            self.lines = FULL
        self.camera = camera
        self.paused = False

    def restore(self, kept: KeptSeat) -> None:
        """Keep the seat for a camera of an earlier epoch, as for one whose link broke just now."""
        self.camera, self.name, self.since = kept.camera, kept.name, kept.since
        self.joined = True
        self.last_picture = kept.last_picture
        self.left_at = time.monotonic()

    def kept(self) -> KeptSeat | None:
        """Return what the next epoch needs to keep it; None while it is free."""
        if self.camera is None or self.since is None:
            return None
        return KeptSeat(n=self.n, camera=self.camera, name=self.name, since=self.since)

    def free(self) -> None:
        """Empty the seat; the last picture goes."""
        self.link = None
        self.camera = None
        self.name = ""
        self.since = None
        self.paused = False
        self.joined = False
        self.last_picture = None
        self.frames.clear()

    @property
    def state(self) -> CameraState:
        """What can be said now."""
        if self.camera is None:
            return CameraState.EMPTY
        if self.paused and self.link is not None:
            return CameraState.PAUSED
        age = self.link.stats().last_picture_age if self.link is not None else None
        if age is not None and age <= SILENCE:
            return CameraState.LIVE
        if self.link is not None and self.last_picture is None and age is None:
            return CameraState.CONNECTING
        return CameraState.LOST

    def look(self) -> CameraState:
        """Refresh ``last_picture``, then return the state."""
        state = self.state
        if state is CameraState.LIVE:
            self.last_picture = self._clock.now()
        return state

    def source(self) -> Source:
        """Return what the picture shows of this seat."""
        return Source(
            n=self.n,
            slot=self.frames,
            name=self.name,
            state=self.state,
            last_picture=self.last_picture,
        )

    def wire(self) -> Slot:
        """Return what screens show of this seat."""
        slot = Slot(
            n=self.n,
            state=self.state,
            camera=self.camera,
            name=self.name,
            since=self.since,
            last_picture=self.last_picture,
        )
        if self.link is None:
            return slot
        stats = self.link.stats()
        return slot.model_copy(
            update={
                "codec": stats.codec,
                "width": stats.width,
                "height": stats.height,
                "fps": round(stats.fps, 1),
                "kbps": stats.kbps,
                "loss": round(stats.loss, 4),
                "rtt_ms": stats.rtt_ms,
                "has_audio": stats.has_audio,
                "cipher": stats.cipher,
                "heard": self.link.peer.heard,
                "error": stats.fault or None,
            }
        )

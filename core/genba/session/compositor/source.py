"""What the view shows of one camera slot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from av import VideoFrame

    from genba.wire.state import CameraState


class Pictures(Protocol):
    """Where a camera's newest picture lies; read by the compositor's thread at every tick."""

    @property
    def frame(self) -> VideoFrame | None:
        """The newest picture, which nobody writes into any more."""
        ...

    @property
    def ready(self) -> float:
        """The moment, by ``time.monotonic()``, from which it could be shown; -inf before one."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """Slot ``n`` (from 1) as the view shows it; replaced whole, never changed.

    ``last_picture`` (UTC) is shown while the camera is lost.
    """

    n: int
    slot: Pictures
    name: str
    state: CameraState
    last_picture: datetime | None = None

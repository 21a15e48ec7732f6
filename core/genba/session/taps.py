"""What cameras send, as it comes: for whoever records it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.unit import AccessUnit
    from genba.session.seat import Seat


@dataclass(frozen=True, slots=True)
class Source:
    """One link of a camera; ``camera`` is its ticket's id, which later links have too."""

    camera: str
    seat: Seat

    def sounds(self) -> bool:
        """Say whether the link has a microphone."""
        return self.seat.link is not None and self.seat.link.sound is not None


class Listener(Protocol):
    """Hears on the event loop; must not block."""

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Take a picture, before any is dropped for a slow decoder."""
        ...

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Take an Opus packet; ``time`` is the media time of its first sample."""
        ...


class Taps:
    """One listener at a time; on the event loop."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self.listener: Listener | None = None
        self.request_key: Callable[[str], None] = lambda _camera: None

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Hand a picture on."""
        if self.listener is not None:
            self.listener.unit(source, unit)

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Hand sound on."""
        if self.listener is not None:
            self.listener.heard(source, data, time)

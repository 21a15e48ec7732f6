"""What cameras send, as it comes: for whoever records it, or passes it on."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.unit import AccessUnit
    from genba.session.seat import Seat

log = logging.getLogger(__name__)

_FAILED = "%s failed and hears cameras no more"


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
    """Any number of listeners, none of which can hurt another; on the event loop."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._listeners: tuple[Listener, ...] = ()
        self.request_key: Callable[[str], None] = lambda _camera: None
        self.recording = 0  # takes that keep the cameras' own pictures
        # Whether somebody looks at a camera's own picture, so that it is worth its full size.
        self.looked: Callable[[str], bool] = lambda _camera: False

    def add(self, listener: Listener) -> None:
        """Have it hear from now on; once, however often it is added."""
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)

    def remove(self, listener: Listener) -> None:
        """Have it hear no more. Idempotent."""
        self._listeners = tuple(one for one in self._listeners if one is not listener)

    def unit(self, source: Source, unit: AccessUnit) -> None:
        """Hand a picture on."""
        for listener in self._listeners:
            try:
                listener.unit(source, unit)
            except Exception:
                log.exception(_FAILED, type(listener).__name__)
                self.remove(listener)

    def heard(self, source: Source, data: bytes, time: float) -> None:
        """Hand sound on."""
        for listener in self._listeners:
            try:
                listener.heard(source, data, time)
            except Exception:
                log.exception(_FAILED, type(listener).__name__)
                self.remove(listener)

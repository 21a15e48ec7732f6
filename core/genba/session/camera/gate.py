"""What a camera may send: looked at before a decoder, or a muxer, sees any of it."""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING

from genba.session.camera.header import check_header, nal_units
from genba.session.camera.sizes import Sizes

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.session.camera.unit import AccessUnit

log = logging.getLogger(__name__)

RATE = 60.0  # pictures a second
BURST = 90.0  # pictures at once: what a mended loss sets free
CHANGES, WITHIN = 8, 10.0  # sizes in so many seconds; a hand that turns a phone makes fewer
CALM = 5.0  # seconds without a change until a camera that changed too often is taken again
ASK = 1.0  # seconds between two requests for a key picture that could end a refusal
TOO_LARGE, TOO_FAST, UNSTABLE = "camera.too_large", "camera.too_fast", "camera.unstable"


class Gate:
    """Lets pictures through, or drops all up to the next key picture that is good.

    ``fault`` is the code of what is wrong now, empty while pictures pass. On the event loop; cheap.
    """

    def __init__(self, request_key: Callable[[], None]) -> None:
        """Ask by ``request_key`` when only a key picture can go on."""
        self.fault = ""
        self.refused = 0
        self._request_key = request_key
        self._tokens = BURST
        self._at: float | None = None
        self._sizes = Sizes()
        self._size: tuple[int, int] | None = None
        self._changes: deque[float] = deque(maxlen=CHANGES)
        self._changed_at = float("-inf")
        self._asked = float("-inf")

    def passes(self, unit: AccessUnit) -> bool:
        """Say whether the unit may go on."""
        fault = self._look(unit)
        if not fault and self.fault and not unit.key:
            fault = self.fault  # of no use without the pictures before it
            self._ask(unit.arrival)
        if fault:
            self._refuse(fault, unit)
            return False
        self.fault = ""
        return True

    def _look(self, unit: AccessUnit) -> str:
        """Return what is wrong with a unit by itself."""
        try:
            nals = nal_units(unit.data) if unit.codec == "h264" else ()
            check_header(unit.codec, unit.data, nals)
            size = self._sizes.of(unit.codec, unit.data, nals)
        except (ValueError, IndexError) as error:
            if self.fault != TOO_LARGE:
                log.warning("a camera's picture is refused: %s", error)
            return TOO_LARGE
        if not self._in_time(unit.arrival):
            return TOO_FAST
        if size is not None and size != self._size:
            if self._size is not None:
                self._changes.append(unit.arrival)
                self._changed_at = unit.arrival
            self._size = size
        return UNSTABLE if self._stormy(unit.arrival) else ""

    def _in_time(self, now: float) -> bool:
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._at = now
        self._tokens = min(BURST, self._tokens + passed * RATE * 1.1)
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _stormy(self, now: float) -> bool:
        if self.fault == UNSTABLE:
            if now - self._changed_at < CALM:
                return True
            self._changes.clear()
        return len(self._changes) == CHANGES and now - self._changes[0] < WITHIN

    def _refuse(self, fault: str, unit: AccessUnit) -> None:
        self.refused += 1
        if fault not in {self.fault, TOO_LARGE}:
            log.warning("a camera is refused: %s", fault)
        self.fault = fault
        if fault == TOO_FAST:
            self._ask(unit.arrival)

    def _ask(self, now: float) -> None:
        if now - self._asked >= ASK:
            self._asked = now
            self._request_key()

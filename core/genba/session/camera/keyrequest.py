"""Asking a camera for a key picture, not too often."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY = 0.250  # seconds


class KeyRequest:
    """Asks at once if nobody did lately; else once when the time is over. Event loop."""

    def __init__(self, ask: Callable[[], None]) -> None:
        """Ask by ``ask``."""
        self._ask = ask
        self._last = -EVERY
        self._timer: asyncio.TimerHandle | None = None
        self.asked = 0

    def __call__(self) -> None:
        """Want a key picture."""
        wait = self._last + EVERY - time.monotonic()
        if wait <= 0:
            self._now()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._now)

    def fulfilled(self) -> None:
        """Note that one has come: nothing more needs to be asked."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _now(self) -> None:
        self.fulfilled()
        self._last = time.monotonic()
        self.asked += 1
        self._ask()

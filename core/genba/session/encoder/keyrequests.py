"""Many wishes for a key picture become few key pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

GAP = 0.25  # seconds between two forced key pictures of a layer, at least


class KeyRequests:
    """Asks at the leading edge and at most once per ``GAP``; on the event loop.

    A wish is fulfilled by any key picture that comes after it, so one that waits for the gap to
    end is dropped when the encoder makes a key picture in the meantime.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ask: Callable[[], None]) -> None:
        """Have ``ask`` called when the encoder should make one."""
        self._loop = loop
        self._ask = ask
        self._asked_at = float("-inf")
        self._asked = False
        self._timer: asyncio.TimerHandle | None = None

    def request(self) -> None:
        """Want one."""
        if self._asked or self._timer is not None:
            return
        wait = self._asked_at + GAP - self._loop.time()
        if wait > 0:
            self._timer = self._loop.call_later(wait, self._go)
        else:
            self._go()

    def settle(self) -> None:
        """Drop every open wish: a key picture has come, or the encoder has ended."""
        self._asked = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _go(self) -> None:
        self._timer = None
        self._asked = True
        self._asked_at = self._loop.time()
        self._ask()

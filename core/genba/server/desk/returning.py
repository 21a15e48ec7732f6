"""A session whose process died comes back under the next epoch."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.fence import Fence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from pathlib import Path

    from genba.clock import Clock
    from genba.placement import Placement
    from genba.server.storage.records import SessionRecord
    from genba.wire.order import Order
    from genba.wire.resume import Resume

log = logging.getLogger(__name__)
MOST, WITHIN = 5, 300.0  # deaths within so many seconds: something in it kills it each time
LONG_GONE = 86_400.0  # seconds
WAITS = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before each try


class Returning:
    """Opens sessions under their next epoch. On the event loop."""

    def __init__(
        self,
        placement: Placement,
        clock: Clock,
        order: Callable[[SessionRecord, Resume | None], Order],
        store: Callable[[SessionRecord], Awaitable[None]],
    ) -> None:
        """``order`` writes a session's next order, ``store`` puts its row on disk."""
        self._placement = placement
        self._clock = clock
        self._order = order
        self._store = store
        self._deaths: dict[str, deque[float]] = {}

    def again_and_again(self, session: str) -> bool:
        """Note one more death; True when there were too many lately to try again."""
        now = self._clock.monotonic()
        deaths = self._deaths.setdefault(session, deque(maxlen=MOST))
        deaths.append(now)
        return len(deaths) == MOST and now - deaths[0] <= WITHIN

    def forget(self, session: str) -> None:
        """Forget a session that has ended."""
        self._deaths.pop(session, None)

    async def bring_back(
        self, record: SessionRecord, resume: Resume | None, wanted: Callable[[], bool]
    ) -> bool:
        """Open it anew; False where that did not do, or it is not ``wanted`` any more."""
        for wait in WAITS:
            await asyncio.sleep(wait)
            if not wanted():
                return False
            record.epoch += 1
            try:
                await self._store(record)
                order = self._order(record, resume)
                if not await asyncio.to_thread(claim, order):
                    continue  # somebody else has claimed this epoch: take the next one
                await self._placement.open(order)
            except (GenbaError, OSError) as error:
                log.warning("session %s cannot be brought back yet: %r", record.id, error)
                continue
            except Exception:  # a fault of ours may pass too; the session's people wait
                log.exception("session %s cannot be brought back yet", record.id)
                continue
            log.warning("session %s is back under epoch %d", record.id, record.epoch)
            record.restarts += 1
            try:
                await self._store(record)
            except OSError as error:  # it lives all the same
                log.warning("the history of session %s is not up to date: %r", record.id, error)
            return True
        return False


def claim(order: Order) -> bool:
    """Make the order's epoch the newest; blocking. Raises OSError."""
    return Fence(order.data, order.session, order.epoch).claim()


def shut_out(data: Path, session: str) -> None:
    """Shut out every process of a session that has ended for good; blocking."""
    try:
        Fence(data, session, 0).close()
    except OSError:
        log.exception("session %s has ended, but its fence could not be closed", session)


def sweep(data: Path, living: Collection[str]) -> None:
    """Forget fences of sessions that ended a day ago: no process can have slept so long; blocking.

    A process that hangs is killed, and none outlives its supervisor.
    """
    for path in (data / "epochs").glob("*"):
        try:
            if path.name not in living and time.time() - path.stat().st_mtime > LONG_GONE:
                path.unlink()
        except OSError as error:
            log.warning("%s cannot be removed: %s", path, error)

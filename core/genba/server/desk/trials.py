"""Tests of the connection: a session of nobody's takes made-up pictures for a while."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from genba.errors import GenbaError
from genba.server.desk import answer
from genba.server.storage.ids import new_id
from genba.wire.command import EndBearer, EndSession
from genba.wire.state import Slot
from genba.wire.ticket import Ticket, TicketKind, key_of, sign

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from genba.clock import Clock
    from genba.placement import Placement
    from genba.server.desk.doors import Doors
    from genba.server.desk.orders import Orders

log = logging.getLogger(__name__)
MOST = 4  # at the same time: the session's slots
LIFE = timedelta(minutes=3)
IDLE = 60.0  # seconds without a test after which the session's process, and its port, go
LOOK_EVERY = 5.0
LETTERS = "23456789BCDFGHJKMNPQRTVWXY"  # none that is taken for another, and no words
CODE = 6


@dataclass(frozen=True, slots=True)
class Trial:
    """One test. ``code`` is what a person reads out, and its report's name."""

    code: str
    ticket: str
    expires: datetime


class Trials:
    """On the event loop. Async context manager: leaving it ends the session and its process."""

    def __init__(
        self,
        placement: Placement,
        doors: Doors,
        clock: Clock,
        orders: Callable[[], Orders],
        plugins: tuple[str, ...] = (),
    ) -> None:
        """Open nothing before somebody asks; ``plugins`` are those that a session would load."""
        self._plugins = plugins
        self._placement = placement
        self._doors = doors
        self._clock = clock
        self._orders = orders
        self._session = ""
        self._running: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}  # have reported, and may do so again
        self._used = 0.0
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        """Begin to look for tests that are over."""
        self._looker = asyncio.create_task(self._look(), name="trials:look")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End what runs."""
        self._looker.cancel()
        await asyncio.gather(self._looker, return_exceptions=True)
        await self._leave()

    async def begin(self) -> Trial:
        """Begin a test; raises ``server.busy`` beside four others, and ``rtc.no_port``."""
        async with self._opening:
            await self._sweep()
            if len(self._running) >= MOST:
                raise GenbaError("server.busy", f"{MOST} tests are running.")
            await self._enter()
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
            expires = self._clock.now() + LIFE
            self._running[code] = expires
            self._used = self._clock.monotonic()
        ticket = Ticket(TicketKind.TEST, self._session, code, expires)
        key = key_of(self._orders().key, self._session)
        return Trial(code, sign(key, ticket), expires)

    async def seen(self, code: str) -> Slot:
        """Return what the session sees of a test; an empty slot where that is nothing."""
        state = await answer.state(self._doors, self._session)
        return next((slot for slot in state.slots if slot.camera == code), Slot(n=0))

    async def end(self, code: str) -> None:
        """Free a test's place; quiet where it has none. It may report again until it expires."""
        expires = self._running.pop(code, None)
        if expires is None:
            return
        self._told[code] = expires
        self._used = self._clock.monotonic()
        await self._free(code)

    async def _free(self, code: str) -> None:
        try:
            await answer.command(self._doors, self._session, EndBearer(id=code))
        except GenbaError as error:
            log.info("the session of tests does not let %s go: %s", code, error)

    def may_report(self, code: str) -> bool:
        """Say whether a test has begun and its time has not run out."""
        expires = self._running.get(code) or self._told.get(code)
        return expires is not None and expires > self._clock.now()

    async def _enter(self) -> None:
        """Have a session: the one there is, or a new one."""
        if self._session and await self._answers():
            return
        await self._leave()
        order = self._orders().trial(new_id(), self._clock.now(), self._plugins)
        await self._placement.open(order)
        self._session = order.session
        self._doors.open(order.session)

    async def _answers(self) -> bool:
        try:
            await answer.state(self._doors, self._session)
        except GenbaError as error:
            log.info("the session of tests is gone: %s", error)
            return False
        return True

    async def _leave(self) -> None:
        if not self._session:
            return
        session, self._session = self._session, ""
        self._running.clear()
        self._told.clear()
        try:
            await answer.command(self._doors, session, EndSession())
        except GenbaError as error:
            log.info("the session of tests does not end by itself: %s", error)
            await self._placement.close(session)
        self._doors.remove(session)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self._look_once()
            except Exception:
                log.exception("looking after tests failed; it goes on")

    async def _look_once(self) -> None:
        async with self._opening:
            await self._sweep()
            idle = self._clock.monotonic() - self._used > IDLE
            if self._session and not self._running and idle:
                await self._leave()

    async def _sweep(self) -> None:
        now = self._clock.now()
        for code in [code for code, expires in self._running.items() if expires <= now]:
            await self.end(code)
        for code in [code for code, expires in self._told.items() if expires <= now]:
            del self._told[code]
            await self._free(code)  # its ticket may have brought it back

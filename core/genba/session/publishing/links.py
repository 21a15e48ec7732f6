"""The links that a session has given out."""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from genba.api import EndReason
from genba.errors import GenbaError
from genba.session.publishing.link import SessionLink
from genba.wire.ticket import Ticket, TicketKind, sign

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from genba.clock import Clock
    from genba.wire.order import Order
    from genba.wire.resume import KeptLink

log = logging.getLogger(__name__)

MOST = 200  # links of one session at the same time
LOOK_AGAIN = 30.0  # seconds: the longest trust in a timer, as the wall clock may be set


class Links:
    """Makes links, knows which are open, and ends them; on the event loop.

    ``ended(id, reason)`` is awaited for each link that has ended, whatever ended it: whoever is
    connected by it is to be disconnected there.
    """

    def __init__(
        self,
        order: Order,
        clock: Clock,
        ended: Callable[[str, EndReason], Awaitable[None]],
    ) -> None:
        """Begin without links."""
        self._order = order
        self._clock = clock
        self._tell = ended
        self._open: dict[str, SessionLink] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._closed = False

    def make(self, purpose: str, ttl: timedelta) -> SessionLink:
        """Return a new link for a publisher's kind. Raises ``server.busy``, ``session.ended``."""
        if self._closed:
            raise GenbaError("session.ended")
        if len(self._open) >= MOST:
            raise GenbaError("server.busy", f"A session has at most {MOST} links.")
        return self._add(secrets.token_urlsafe(12), purpose, self._clock.now() + ttl)

    def restore(self, kept: KeptLink) -> SessionLink | None:
        """Return a link that an earlier epoch made, with the same address; None: it is over."""
        if self._closed or kept.expires <= self._clock.now():
            return None
        return self._add(kept.id, kept.purpose, kept.expires)

    def _add(self, name: str, purpose: str, expires: datetime) -> SessionLink:
        # A ticket knows whole seconds, rounded down: this table decides, so it never lasts less.
        ticket = Ticket(TicketKind.GUEST, self._order.session, name, expires + timedelta(seconds=1))
        url = f"{self._order.base_url}/v/{sign(self._order.ticket_key, ticket)}"
        link = SessionLink(name, url, purpose, expires, clock=self._clock, end=self._end)
        self._open[name] = link
        self._look(link)
        return link

    def get(self, name: str) -> SessionLink:
        """Return an open link; raises ``ticket.expired``, or ``ticket.revoked`` if unknown."""
        link = self._open.get(name)
        if link is None:
            raise GenbaError("ticket.revoked")
        if link.expires <= self._clock.now():
            self._end(link, EndReason.EXPIRED)
            raise GenbaError("ticket.expired")
        return link

    def opened(self, name: str) -> None:
        """Hear that somebody has connected by a link."""
        if name in self._open:
            self._open[name].opened()

    def closed(self, name: str) -> None:
        """Hear that somebody who was connected by a link has gone."""
        if name in self._open:
            self._open[name].closed()

    def watching(self, name: str) -> None:
        """Hear that somebody's page is showing frames of a link."""
        if name in self._open:
            self._open[name].watched()

    async def close(self) -> None:
        """End all links; return when everybody was told."""
        self._closed = True
        for link in tuple(self._open.values()):
            self._end(link, EndReason.SESSION_ENDED)
        await asyncio.gather(*self._telling)

    def _look(self, link: SessionLink) -> None:
        """End a link whose time has come, else look again later."""
        left = (link.expires - self._clock.now()).total_seconds()
        if left <= 0:
            self._end(link, EndReason.EXPIRED)
        else:
            self._timers[link.id] = asyncio.get_running_loop().call_later(
                min(left, LOOK_AGAIN), self._look, link
            )

    def _end(self, link: SessionLink, reason: EndReason) -> None:
        if self._open.pop(link.id, None) is None:
            return
        timer = self._timers.pop(link.id, None)
        if timer is not None:
            timer.cancel()
        link.over(reason)
        task = asyncio.create_task(self._told(link, reason), name=f"link:{link.id}:ended")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _told(self, link: SessionLink, reason: EndReason) -> None:
        try:
            await self._tell(link.id, reason)
        except Exception:
            log.exception("viewers of link %s could not be disconnected", link.id)

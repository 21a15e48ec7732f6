"""Who looks: the pages that are connected, and whether frames really show there."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genba.wire.ticket import Ticket, TicketKind

if TYPE_CHECKING:
    from collections.abc import Callable

GUESTS = 300  # pages of guests that one session has at a time
OTHERS = 60  # pages of supporters and cameras
FRESH = 3.0  # seconds that one "watching" message holds


@dataclass(slots=True, eq=False)
class Member:
    """One page's control connection."""

    ticket: Ticket
    wake: Callable[[], None]  # a newer state is there
    end: Callable[[str], None]  # close it, saying the reason
    watched_at: float = field(default=float("-inf"))

    @property
    def watching(self) -> bool:
        """Whether it has shown frames within the last three seconds."""
        return time.monotonic() - self.watched_at <= FRESH


class Audience:
    """The members of one session, on the event loop."""

    def __init__(self) -> None:
        """Begin empty."""
        self._members: set[Member] = set()

    def add(self, member: Member) -> None:
        """Let a page in."""
        self._members.add(member)

    def crowded(self, kind: TicketKind) -> bool:
        """Whether no more pages of a kind are let in; guests leave room for the others."""
        most = GUESTS if kind is TicketKind.GUEST else OTHERS
        guest = kind is TicketKind.GUEST
        return sum((m.ticket.kind is TicketKind.GUEST) is guest for m in self._members) >= most

    def remove(self, member: Member) -> None:
        """Let it go."""
        self._members.discard(member)

    def wake(self) -> None:
        """Have every page told the newest state."""
        for member in self._members:
            member.wake()

    def end(self, reason: str, ticket: str | None = None) -> None:
        """Close all pages, or those of one ticket."""
        for member in tuple(self._members):
            if ticket is None or member.ticket.id == ticket:
                member.end(reason)

    def watching(self) -> list[str]:
        """Return the names of those that show frames now; a guest's is empty."""
        return sorted(
            m.ticket.name if m.ticket.kind is TicketKind.DESK else ""
            for m in self._members
            if m.watching and m.ticket.kind is not TicketKind.CAMERA
        )

"""Who acts: a person who is signed in, or the bearer of a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from genba.wire.ticket import TicketKind

if TYPE_CHECKING:
    from genba.wire.ticket import Ticket

GROUP = "local"  # the one group, until groups come


class ActorKind(StrEnum):
    """The columns of docs/permissions.md."""

    OPERATOR = "operator"
    DESK = "desk"
    CAMERA = "camera"
    GUEST = "guest"
    TEST = "test"
    NOBODY = "nobody"


_KINDS = {
    TicketKind.DESK: ActorKind.DESK,
    TicketKind.CAMERA: ActorKind.CAMERA,
    TicketKind.GUEST: ActorKind.GUEST,
    TicketKind.TEST: ActorKind.TEST,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """``group`` is a person's; ``session`` and ``id`` are those of a ticket's bearer.

    ``ambient``: known by a cookie, which a browser sends whoever made the page that asks.
    """

    kind: ActorKind
    group: str = ""
    session: str = ""
    id: str = ""
    ambient: bool = False


NOBODY = Actor(ActorKind.NOBODY)


def operator(*, ambient: bool) -> Actor:
    """Return the one local person there is for now."""
    return Actor(ActorKind.OPERATOR, group=GROUP, ambient=ambient)


def bearer(ticket: Ticket) -> Actor:
    """Return whom a ticket that was read makes of its bearer."""
    return Actor(_KINDS[ticket.kind], session=ticket.session, id=ticket.id)

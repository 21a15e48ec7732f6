"""The tickets that the web process gives out."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from genba.server.storage.ids import new_id
from genba.wire.ticket import Ticket, TicketKind, key_of, read, session_of, sign

if TYPE_CHECKING:
    from datetime import datetime

    from genba.clock import Clock
    from genba.server.desk.relay import Relay
    from genba.server.storage.records import InvitationRecord
    from genba.wire.order import IceServer

DESK_LIFE = timedelta(hours=12)
_SUPPORTER = {"ja": "サポーター", "en": "Supporter"}


@dataclass(frozen=True, slots=True)
class Tickets:
    """Signs and reads with the server's ticket key. Pure; quick enough for the event loop."""

    key: bytes
    clock: Clock
    language: str
    ice_servers: tuple[IceServer, ...] = ()  # for whoever has a ticket
    relay: Relay | None = field(default=None, repr=False)

    @property
    def has_servers(self) -> bool:
        """Whether ``servers`` names any."""
        return bool(self.ice_servers) or (self.relay is not None and self.relay.on)

    def servers(self, bearer: str, *, shared: bool = False) -> tuple[IceServer, ...]:
        """Return the ICE servers for a ticket's id, with credentials that were just made.

        ``shared``: it is a guest link's, which many people have.
        """
        made = self.relay.servers(bearer, shared=shared) if self.relay is not None else ()
        return (*self.ice_servers, *made)

    def desk(self, session: str) -> tuple[str, datetime]:
        """Return a supporter's ticket and its end."""
        expires = self.clock.now() + DESK_LIFE
        name = _SUPPORTER.get(self.language, _SUPPORTER["ja"])
        ticket = Ticket(TicketKind.DESK, session, new_id(), expires, name)
        return sign(key_of(self.key, session), ticket), expires

    def camera(self, invitation: InvitationRecord) -> str:
        """Return the invited camera's ticket: always of the same id, so it keeps its slot."""
        return sign(
            key_of(self.key, invitation.session),
            Ticket(
                TicketKind.CAMERA,
                invitation.session,
                invitation.id,
                invitation.ticket_expires,
                invitation.name,
                invitation.slot,
            ),
        )

    def read(self, text: str) -> Ticket:
        """Return the ticket; raises ``ticket.invalid`` or ``ticket.expired``."""
        return read(key_of(self.key, session_of(text)), text, self.clock.now())

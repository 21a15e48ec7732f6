"""Tickets: signed, short-lived, readable in both wings; revoking is the server's."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

import jwt

from genba.errors import GenbaError


class TicketKind(StrEnum):
    """What its bearer may do in one session."""

    CAMERA = "c"  # publish, hear the mix of that camera, its own control messages
    DESK = "d"  # publish a microphone, see the view, all control messages
    GUEST = "g"  # see the view
    TEST = "t"  # publish made-up pictures in the session of tests, which nobody looks at

    @property
    def word(self) -> Literal["camera", "desk", "guest", "test"]:
        """The kind in a word that screens and the API can use."""
        return _WORDS[self]


_WORDS: dict[TicketKind, Literal["camera", "desk", "guest", "test"]] = {
    TicketKind.CAMERA: "camera",
    TicketKind.DESK: "desk",
    TicketKind.GUEST: "guest",
    TicketKind.TEST: "test",
}


@dataclass(frozen=True, slots=True)
class Ticket:
    """``id`` is random and names the bearer (a camera, a link); ``expires`` is UTC.

    ``name`` is what screens call the bearer; empty in a guest's, which travels in an address.
    ``slot`` (from 1) is where a camera wants to sit; 0 is wherever there is room.
    """

    kind: TicketKind
    session: str
    id: str
    expires: datetime
    name: str = ""
    slot: int = 0


def key_of(master: bytes, session: str) -> bytes:
    """Return the key of one session's tickets: whoever has it can make none for another.

    HMAC-SHA256 as a key derivation with one step (NIST SP 800-108, the label before the context).
    """
    return hmac.new(master, b"genba ticket\x00" + session.encode(), "sha256").digest()


def session_of(text: str) -> str:
    """Return the session that a ticket claims to be for, so that its key can be chosen.

    Nothing is verified by this. Raises ``ticket.invalid``.
    """
    try:
        claims = jwt.decode(text, options={"verify_signature": False, "verify_exp": False})
        return str(claims["s"])
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise GenbaError("ticket.invalid") from error


def sign(key: bytes, ticket: Ticket) -> str:
    """Return the ticket as compact JWT (HS256); ``key`` has at least 32 bytes."""
    claims: dict[str, str | int] = {
        "k": ticket.kind.value,
        "s": ticket.session,
        "j": ticket.id,
        "exp": int(ticket.expires.timestamp()),
    }
    if ticket.name:
        claims["n"] = ticket.name
    if ticket.slot:
        claims["p"] = ticket.slot
    return jwt.encode(claims, key, algorithm="HS256")


def read(key: bytes, text: str, now: datetime) -> Ticket:
    """Return the ticket; raise ``ticket.expired`` or ``ticket.invalid``, never anything else."""
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=["HS256"],
            options={"require": ["exp", "k", "s", "j"], "verify_exp": False},
        )
        ticket = Ticket(
            TicketKind(claims["k"]),
            str(claims["s"]),
            str(claims["j"]),
            datetime.fromtimestamp(int(claims["exp"]), UTC),
            str(claims.get("n", "")),
            int(claims.get("p", 0)),
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError, OSError) as error:
        raise GenbaError("ticket.invalid") from error
    if ticket.expires <= now:
        raise GenbaError("ticket.expired")
    return ticket

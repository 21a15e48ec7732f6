"""Tickets: what is signed can be read, and nothing else can."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from genba.errors import GenbaError
from genba.wire.ticket import Ticket, TicketKind, key_of, read, session_of, sign

KEY, OTHER = b"k" * 32, b"o" * 32
NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TICKET = Ticket(TicketKind.CAMERA, "session1", "camera1", LATER, "ポンプ室", 2)


def refused(text: str, now: datetime = NOW) -> str:
    with pytest.raises(GenbaError) as caught:
        read(KEY, text, now)
    return caught.value.code


@pytest.mark.parametrize("kind", list(TicketKind))
def test_what_is_signed_is_read(kind: TicketKind) -> None:
    ticket = Ticket(kind, "session1", "bearer1", LATER)
    assert read(KEY, sign(KEY, ticket), NOW) == ticket
    assert read(KEY, sign(KEY, TICKET), NOW) == TICKET


def test_it_ends_to_the_second() -> None:
    text = sign(KEY, TICKET)
    assert read(KEY, text, LATER - timedelta(seconds=1)) == TICKET
    assert refused(text, LATER) == "ticket.expired"


def test_another_key_is_not_ours() -> None:
    assert refused(sign(OTHER, TICKET)) == "ticket.invalid"


@pytest.mark.parametrize("at", [5, -5])
def test_a_changed_letter_is_not_ours(at: int) -> None:
    text = sign(KEY, TICKET)
    changed = "A" if text[at] != "A" else "B"
    at %= len(text)
    assert refused(text[:at] + changed + text[at + 1 :]) == "ticket.invalid"


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "日本", "." * 50, "x" * 9000])
def test_garbage_is_not_ours(text: str) -> None:
    assert refused(text) == "ticket.invalid"


def test_nothing_unsigned_is_read() -> None:
    def part(data: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()

    claims = {"k": "d", "s": "session1", "j": "x", "exp": int(LATER.timestamp())}
    assert refused(f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}.") == "ticket.invalid"


@pytest.mark.parametrize(
    "change",
    [{"k": "root"}, {"exp": "soon"}, {"exp": 10**18}, {"p": "x"}, {"s": None}, {"k": None}],
)
def test_strange_claims_are_refused_though_signed(change: dict[str, object]) -> None:
    claims: dict[str, object] = {"k": "c", "s": "s", "j": "j", "exp": int(LATER.timestamp())}
    claims = {k: v for k, v in {**claims, **change}.items() if v is not None}
    assert refused(jwt.encode(claims, KEY, algorithm="HS256")) == "ticket.invalid"


def test_a_guests_ticket_in_an_address_names_nobody() -> None:
    text = sign(KEY, Ticket(TicketKind.GUEST, "session1", "link1", LATER))
    claims = jwt.decode(text, options={"verify_signature": False})
    assert set(claims) == {"k", "s", "j", "exp"}


def test_each_session_has_a_key_of_its_own() -> None:
    one, two = key_of(KEY, "session1"), key_of(KEY, "session2")
    assert len({one, two, KEY}) == 3
    assert key_of(KEY, "session1") == one
    text = sign(one, TICKET)
    assert session_of(text) == TICKET.session
    with pytest.raises(GenbaError, match=r"ticket\.invalid"):
        read(two, text, NOW)


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.W10.", "\u3042.x.y"])
def test_what_is_no_ticket_names_no_session(text: str) -> None:
    with pytest.raises(GenbaError, match=r"ticket\.invalid"):
        session_of(text)

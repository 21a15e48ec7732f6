"""Orders and tickets for tests."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from genba.wire.order import Order, ViewOrder
from genba.wire.ticket import Ticket, TicketKind, key_of, sign

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"k" * 32  # the server's: each session has one made of it


def order(data: Path, *, session: str = "", **more: object) -> Order:
    session = session or secrets.token_urlsafe(12)
    values: dict[str, object] = {
        "session": session,
        "group": "local",
        "name": "試験",
        "started_at": datetime.now(UTC),
        "base_url": "http://127.0.0.1:1",
        "ticket_key": key_of(KEY, session),
        "data": data,
        "view": ViewOrder(),
    }
    return Order.model_validate({**values, **more})


def ticket(kind: TicketKind, session: str, *, name: str = "", slot: int = 0, id: str = "") -> str:  # noqa: A002
    return sign(
        key_of(KEY, session),
        Ticket(
            kind,
            session,
            id or secrets.token_urlsafe(12),
            datetime.now(UTC) + timedelta(hours=1),
            name,
            slot,
        ),
    )

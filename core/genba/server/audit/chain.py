"""Each row's digest covers the row before; a seal by a key outside the database covers both.

Whoever can write into the database can change a row, and with effort all digests after it, but
not the seals. Whoever removes the newest rows leaves a whole chain: that shows against the
`anchors` which are kept elsewhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from genba.server.audit.entry import Entry

START = "0" * 64  # what stands before the first row
_COVERED = (
    "seq",
    "id",
    "at",
    "group_id",
    "actor_kind",
    "actor_id",
    "address",
    "action",
    "outcome",
    "thing_kind",
    "thing_id",
    "session_id",
    "request",
    "detail",
    "previous",
)


@dataclass(frozen=True, slots=True)
class Head:
    """The newest row: its number, from 1, and digest."""

    seq: int = 0
    digest: str = START


def row(entry: Entry, head: Head, key: bytes) -> dict[str, Any]:
    """Return the row of the table that follows ``head``."""
    made: dict[str, Any] = {
        "seq": head.seq + 1,
        "id": entry.id,
        "at": entry.at.astimezone(UTC),
        "group_id": entry.group or None,
        "actor_kind": entry.actor_kind,
        "actor_id": entry.actor_id or None,
        "address": entry.address,
        "action": entry.action,
        "outcome": entry.outcome,
        "thing_kind": entry.thing_kind or None,
        "thing_id": entry.thing_id or None,
        "session_id": entry.session or None,
        "request": entry.request or None,
        "detail": dict(entry.detail),
        "previous": head.digest,
    }
    made["digest"] = digest(made)
    made["seal"] = seal(made["digest"], key)
    return made


def digest(found: Mapping[str, Any]) -> str:
    """Return the SHA-256 of all that a row says, in one form whatever the database made of it."""
    covered = {name: found[name] for name in _COVERED} | {"at": _moment(found["at"])}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def seal(of: str, key: bytes) -> str:
    """Return the HMAC-SHA256 of a digest."""
    return hmac.new(key, of.encode("ascii"), hashlib.sha256).hexdigest()


def sealed(of: str, by: str, key: bytes) -> bool:
    """Say whether a seal is that of a digest."""
    return hmac.compare_digest(seal(of, key), by)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

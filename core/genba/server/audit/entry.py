"""One line of the log, before it has its place in it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from genba.server.storage.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

Outcome = Literal["done", "refused", "failed"]
DETAIL = 4096  # characters of the details as JSON, at most


@dataclass(frozen=True, slots=True)
class Entry:
    """``at`` is when it happened, however late it is written; ``id`` makes a second writing one.

    ``group`` is whose people may read it: empty for what concerns the server alone. ``detail``
    holds what a reader needs to understand the line, and never a secret, an SDP or a picture.
    """

    at: datetime
    action: str
    outcome: Outcome = "done"
    group: str = ""
    actor_kind: str = "nobody"
    actor_id: str = ""
    address: str = ""
    thing_kind: str = ""
    thing_id: str = ""
    session: str = ""
    request: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=new_id)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return asdict(self) | {"at": self.at.isoformat(), "detail": dict(self.detail)}

    @classmethod
    def of_plain(cls, found: Mapping[str, Any]) -> Self:
        """Return what `plain` was made of."""
        return cls(**{**found, "at": datetime.fromisoformat(found["at"])})

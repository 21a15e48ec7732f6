"""Where the server was reached last: for `genba signin`, and for a web process started again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from genba.server.storage import atomic

if TYPE_CHECKING:
    from pathlib import Path


class Address(BaseModel):
    """``supervisor`` is the pid of the parent; one that starts again keeps its free port."""

    supervisor: int
    port: int
    url: str


def read(data: Path) -> Address | None:
    """Return it, or None where no server has run yet. Blocking."""
    try:
        return Address.model_validate_json((data / "address.json").read_bytes())
    except (OSError, ValidationError):
        return None


def write(data: Path, address: Address) -> None:
    """Keep it. Blocking; raises OSError."""
    atomic.write(data / "address.json", address.model_dump_json().encode())

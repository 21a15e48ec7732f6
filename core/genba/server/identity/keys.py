"""The server's secrets: made once, each in a file that its owner alone can read."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Literal

from genba.server.storage import atomic

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 32  # bytes
Purpose = Literal["ticket", "signin", "turn"]


class KeyFileError(RuntimeError):
    """A key file is there but holds no key; the message names the file."""


def key(data: Path, purpose: Purpose) -> bytes:
    """Return the key for ``purpose`` below the data folder, making it the first time. Blocking.

    Sessions get keys made of the ticket key; the sign-in key never leaves the web process and the
    ``genba signin`` command; the TURN key, as hex, is what coturn and the web process share.
    """
    path = data / "keys" / purpose
    _make(path, secrets.token_hex(SIZE))
    try:
        found = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        found = b""
    if len(found) < SIZE:
        raise KeyFileError(f"{path} holds no key; move it away and a new one is made")
    return found


def api_token(data: Path) -> str:
    """Return the local operator's API token, making it the first time. Blocking."""
    path = data / "keys" / "api-token"
    _make(path, secrets.token_urlsafe(SIZE))
    found = path.read_text("ascii").strip()
    if len(found) < SIZE:
        raise KeyFileError(f"{path} holds no token; move it away and a new one is made")
    return found


def _make(path: Path, text: str) -> None:
    """Make the file unless it is there."""
    if not path.exists():
        atomic.create(path, text.encode() + b"\n")

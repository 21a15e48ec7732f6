"""Ids: random, and the only part of a path that ever comes from outside."""

from __future__ import annotations

import re
import secrets

ID = r"[A-Za-z0-9_-]{1,64}"
_ID = re.compile(ID)


def new_id() -> str:
    """Return 16 letters that nobody guesses (96 random bits)."""
    return secrets.token_urlsafe(12)


def is_id(text: str) -> bool:
    """Say whether ``text`` may name a file: letters, digits, ``-`` and ``_``, nothing else."""
    return _ID.fullmatch(text) is not None

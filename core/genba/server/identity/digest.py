"""How secrets that the server made itself are kept."""

from __future__ import annotations

import hashlib


def digest(secret: str) -> str:
    """Return the SHA-256, in hexadecimal.

    Only for what has 256 random bits: a password, which somebody thought of, needs more work.
    """
    return hashlib.sha256(secret.encode()).hexdigest()

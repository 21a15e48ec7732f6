"""Small secrets that the database keeps and must not know: sealed with a key of the server's."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12


class SealBrokenError(ValueError):
    """It was sealed with another key, for another thing, or was touched."""


def seal(text: str, key: bytes, about: str) -> str:
    """Return ``text`` sealed; it opens only for the same ``about``, such as a user's id."""
    nonce = secrets.token_bytes(_NONCE)
    body = AESGCM(key).encrypt(nonce, text.encode(), about.encode())
    return base64.urlsafe_b64encode(nonce + body).decode()


def unseal(sealed: str, key: bytes, about: str) -> str:
    """Return what was sealed; raises SealBrokenError."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        return AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], about.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise SealBrokenError("a sealed secret does not open") from error

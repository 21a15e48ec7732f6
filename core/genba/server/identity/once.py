"""One-time sign-in links: signed, thirty minutes, single use."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from genba.errors import GenbaError

LIFE = timedelta(minutes=30)
_AUDIENCE = "genba:signin"


@dataclass(frozen=True, slots=True)
class Once:
    """A link's secret that was read and found good; ``id`` is what to remember as used."""

    id: str
    expires: datetime


def mint(key: bytes, now: datetime) -> str:
    """Return what stands behind ``/enter/``; its id has 256 random bits."""
    claims = {
        "aud": _AUDIENCE,
        "jti": secrets.token_urlsafe(32),
        "exp": int((now + LIFE).timestamp()),
    }
    return jwt.encode(claims, key, algorithm="HS256")


def read(key: bytes, text: str, now: datetime) -> Once:
    """Return it, or raise ``signin.used`` (too old) or ``not_found`` (not ours)."""
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=["HS256"],
            audience=_AUDIENCE,
            options={"require": ["exp", "jti", "aud"], "verify_exp": False},
        )
        once = Once(str(claims["jti"]), datetime.fromtimestamp(int(claims["exp"]), UTC))
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
        raise GenbaError("not_found") from error
    if once.expires <= now:
        raise GenbaError("signin.used", "The link is older than thirty minutes.")
    return once

"""Credentials that end by themselves (draft-uberti-behave-turn-rest-00, as coturn reads them)."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """``username`` is ``expiry:bearer`` and goes over the wire in clear; the password does not."""

    username: str
    password: str = field(repr=False)


def mint(secret: str, bearer: str, expires: int) -> Credentials:
    """Return what lets ``bearer`` allocate until ``expires`` (seconds since 1970, UTC).

    ``secret`` is what stands in coturn's file. Quotas count by ``bearer``, over all credentials
    that it was given. An allocation that stands is refreshed after ``expires`` as well: a call
    does not end with the credentials that it began with.
    """
    username = f"{expires}:{bearer}"
    # SHA-1 is what TURN's REST credentials are made of; HMAC does not need it collision-free.
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return Credentials(username, base64.b64encode(digest).decode())

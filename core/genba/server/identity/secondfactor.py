"""The second factor: codes of thirty seconds (RFC 6238), and ten for when the phone is gone."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyotp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

STEP = 30  # seconds
AROUND = 1  # steps before and after the present one that count too: clocks differ
CODES = 10  # for recovery
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like another
_LENGTH = 16  # letters of a recovery code: 79 random bits


@dataclass(frozen=True, slots=True)
class Recovery:
    """``codes`` are shown once; ``digests`` are what is stored."""

    codes: tuple[str, ...]
    digests: tuple[str, ...]


def new_secret() -> str:
    """Return 160 random bits as base32, which every authenticator reads."""
    return pyotp.random_base32()


def address(secret: str, login: str, issuer: str) -> str:
    """Return the otpauth address for the QR code; it is a secret too."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def taken_step(secret: str, code: str, now: datetime, used: int | None) -> int | None:
    """Return the time step whose code this is; None where it is none, or was used already.

    ``used`` is the newest step that a code was taken of: neither it nor an older one counts, so
    that a code that somebody has read over a shoulder is of no use.
    """
    clean = code.replace(" ", "").replace("-", "")
    if not clean.isascii() or not clean.isdigit():
        return None
    totp = pyotp.TOTP(secret)
    present = int(now.timestamp()) // STEP
    for step in range(present - AROUND, present + AROUND + 1):
        good = hmac.compare_digest(totp.at(step * STEP), clean)
        if good and (used is None or step > used):
            return step
    return None


def new_recovery() -> Recovery:
    """Return ten codes."""
    codes = tuple("".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(CODES))
    shown = tuple("-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in codes)
    return Recovery(shown, tuple(map(digest, codes)))


def left_after(digests: Sequence[str], code: str) -> tuple[str, ...] | None:
    """Return the digests that are left when this code is used up; None where it is none."""
    mine = digest(code)
    if not any(hmac.compare_digest(mine, one) for one in digests):
        return None
    return tuple(one for one in digests if one != mine)


def digest(code: str) -> str:
    """Return the SHA-256 of a recovery code, however it was typed.

    The codes are too long to be guessed, so nothing slower is needed.
    """
    clean = code.casefold().replace("-", "").replace(" ", "")
    return hashlib.sha256(clean.encode()).hexdigest()

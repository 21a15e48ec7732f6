"""The second factor: each code once, in its time; sealed secrets open where they belong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from genba.server.identity.sealing import SealBrokenError, seal, unseal
from genba.server.identity.secondfactor import (
    address,
    left_after,
    new_recovery,
    new_secret,
    taken_step,
)

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEY = b"k" * 32
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def test_a_code_counts_once_and_not_much_too_late() -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(NOW)
    step = taken_step(secret, code, NOW, None)
    assert step == int(NOW.timestamp()) // 30
    assert taken_step(secret, f"{code[:3]} {code[3:]}", NOW, step - 1) == step
    assert taken_step(secret, code, NOW, step) is None, "somebody read it over a shoulder"
    assert taken_step(secret, code, NOW + timedelta(seconds=30), None) == step
    assert taken_step(secret, code, NOW + timedelta(seconds=90), None) is None


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６", "000000" * 1000])
def test_what_is_no_code(code: str) -> None:
    assert taken_step(SECRET, code, NOW, None) is None


def test_rfc_6238_vectors() -> None:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = datetime.fromtimestamp(1_111_111_109, UTC)
    assert taken_step(secret, "081804", at, None) == 1_111_111_109 // 30


def test_the_address_names_the_service_and_the_login() -> None:
    made = address(SECRET, "tanaka@example.jp", "Genba")
    assert made.startswith(f"otpauth://totp/Genba:tanaka%40example.jp?secret={SECRET}")


def test_a_recovery_code_is_used_up() -> None:
    recovery = new_recovery()
    assert len(set(recovery.codes)) == len(set(recovery.digests)) == 10
    typed = recovery.codes[3].replace("-", " ").upper()
    left = left_after(recovery.digests, typed)
    assert left is not None
    assert len(left) == 9
    assert left_after(left, recovery.codes[3]) is None
    assert left_after(left, "") is None


def test_a_sealed_secret_opens_for_its_owner_alone() -> None:
    sealed = seal(SECRET, KEY, "user:1")
    assert "JBSWY3" not in sealed
    assert unseal(sealed, KEY, "user:1") == SECRET
    for key, about, text in (
        (KEY, "user:2", sealed),
        (b"o" * 32, "user:1", sealed),
        (KEY, "user:1", sealed[:-4] + "AAAA"),
        (KEY, "user:1", "%%%"),
        (KEY, "user:1", ""),
    ):
        with pytest.raises(SealBrokenError):
            unseal(text, key, about)

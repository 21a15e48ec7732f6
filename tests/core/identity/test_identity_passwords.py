"""Passwords are slow to guess, and never slow the rest."""

from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher

from genba.errors import GenbaError
from genba.server.identity import passwords as module
from genba.server.identity.passwords import Passwords, check_new

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "10 to 128"),
        ("x" * 129, "10 to 128"),
        ("1234567890", "Many people"),
        ("PASSWORD123456!", "Many people"),
        ("aaaaaaaaaaaa", "repeats"),
        ("TanakaIchiro1", "a name"),
        ("my-genba-2026", "a name"),
    ],
)
def test_weak_ones_are_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(GenbaError, match=why) as caught:
        check_new(password, ["tanaka@example.jp", "田中", "Genba"])
    assert caught.value.code == "password.weak"
    assert password not in str(caught.value)


@pytest.mark.parametrize(
    "password", ["梅雨明けの屋上に立つ鷺", "correct horse battery", "x7#kQ2m9Lp"]
)
def test_any_letters_will_do(password: str) -> None:
    check_new(password, ["tanaka@example.jp", "田中", "Genba"])


async def test_a_password_is_known_again_and_no_other_is() -> None:
    async with Passwords() as passwords:
        stored = await passwords.hash("梅雨明けの屋上に立つ鷺")
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.verify(stored, "梅雨明けの屋上に立つ鷺")
        for wrong in ("梅雨明けの屋上に立つ鷺 ", "", "x" * 100_000):
            assert not await passwords.verify(stored, wrong)
        assert not passwords.outdated(stored)
        assert passwords.outdated(QUICK.hash("x"))


async def test_without_an_account_it_takes_the_same_work() -> None:
    async with Passwords(QUICK) as passwords:
        assert not await passwords.verify(None, "nobody has this password")
        assert not await passwords.verify("no hash at all", "x")


async def test_the_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING", 20)
    async with Passwords(QUICK) as passwords:
        found = await asyncio.gather(
            *(passwords.verify(None, "x") for _ in range(100)), return_exceptions=True
        )
        busy = [one for one in found if isinstance(one, GenbaError)]
        assert {error.code for error in busy} == {"server.busy"}
        assert (len(busy), found.count(False)) == (80, 20)
        assert not await passwords.verify(None, "x"), "the line is empty again"

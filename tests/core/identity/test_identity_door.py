"""Signing in: whoever is wrong learns nothing, and cannot guess for long."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from argon2 import PasswordHasher

from genba.errors import GenbaError
from genba.server.identity import door as module
from genba.server.identity import guesses
from genba.server.identity.door import Door, Half
from genba.server.identity.guesses import Guesses
from genba.server.identity.passwords import Passwords
from genba.server.identity.people import People
from genba.server.identity.person import Person, Role
from genba.server.identity.secondfactor import new_secret
from genba.server.identity.seconds import Seconds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from genba.server.storage.database import Database

PASSWORD = "梅雨明けの屋上に立つ鷺"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@dataclass
class House:
    door: Door
    people: People
    passwords: Passwords
    seconds: Seconds
    clock: Clock
    person: Person
    at: int = 0

    async def password(self, password: str = PASSWORD, login: str = "tanaka") -> Person | Half:
        self.at += 1
        return await self.door.password(login, password, f"192.0.2.{self.at % 250}")

    async def code(self, half: Person | Half, code: str) -> Person:
        assert isinstance(half, Half)
        self.at += 1
        return await self.door.second(half.value, code, f"192.0.2.{self.at % 250}")

    async def with_second(self) -> pyotp.TOTP:
        totp = pyotp.TOTP(new_secret())
        await self.seconds.set_up(self.person.id, totp.secret, totp.at(self.clock.time))
        self.clock.time += timedelta(seconds=60)
        return totp


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    clock = Clock()
    people = People(database, clock)
    seconds = Seconds(database, clock, b"k" * 32)
    async with AsyncExitStack() as stack:
        passwords = await stack.enter_async_context(Passwords(QUICK))
        tries = await stack.enter_async_context(Guesses())
        group = await people.add_group("東京支店")
        person = await people.add(
            "tanaka",
            "田中",
            [Role.SUPPORTER],
            group=group.id,
            password=await passwords.hash(PASSWORD),
        )
        door = Door(people, passwords, seconds, tries, clock)
        yield House(door, people, passwords, seconds, clock, person)


async def code_of(awaited: object) -> str:
    with pytest.raises(GenbaError) as caught:
        await awaited  # type: ignore[misc]
    return caught.value.code


async def test_the_right_password(house: House) -> None:
    assert await house.password() == house.person
    assert await house.password(login=" TANAKA ") == house.person


async def test_each_way_of_being_wrong_looks_the_same(house: House) -> None:
    await house.people.add(
        "elsewhere", "x", [Role.SUPPORTER], group=house.person.group
    )  # signs in at another door, and has no password
    assert await code_of(house.password("wrong")) == "signin.wrong"
    assert await code_of(house.password(login="nobody")) == "signin.wrong"
    assert await code_of(house.password("", login="elsewhere")) == "signin.wrong"
    assert await code_of(house.password(login="x" * 5000)) == "signin.wrong"
    await house.people.disable(house.person.id)
    assert await code_of(house.password()) == "signin.wrong"


async def test_a_login_is_not_guessed_for_long_wherever_from(house: House) -> None:
    found = [await code_of(house.password("wrong")) for _ in range(7)]
    assert found == ["signin.wrong"] * 5 + ["rate.limited"] * 2
    assert await code_of(house.password()) == "rate.limited", "nor does the right one tell"
    again = [await code_of(house.password("wrong", login="nobody")) for _ in range(7)]
    assert again == found, "a login that does not exist is the same"


async def test_signing_in_often_keeps_nobody_out(house: House) -> None:
    for _ in range(20):
        await house.password()


async def test_an_address_is_stopped_before_it_uses_up_what_all_share(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hit(number: int) -> str:
        return await code_of(house.door.password(f"who{number}", "x", "203.0.113.7"))

    assert {await hit(number) for number in range(60)} == {"signin.wrong"}
    assert await hit(60) == "rate.limited"
    assert await house.password() == house.person
    assert guesses.FOR_ALL.amount > guesses.PER_ADDRESS.amount


async def test_a_second_factor_is_asked_for(house: House) -> None:
    totp = await house.with_second()
    half = await house.password()
    assert await code_of(house.code(half, "000000")) == "second.wrong"
    assert await house.code(half, totp.at(house.clock.time)) == await house.people.get(
        house.person.id
    )
    assert await code_of(house.code(half, totp.at(house.clock.time))) == "signin.expired"
    half = await house.password()
    assert await code_of(house.code(half, totp.at(house.clock.time))) == "second.wrong", "used"
    assert await code_of(house.door.second("guessed", "000000", "192.0.2.1")) == "signin.expired"
    house.clock.time += timedelta(seconds=module.PATIENCE + 1)
    assert await code_of(house.code(half, totp.at(house.clock.time))) == "signin.expired"


async def test_five_wrong_codes_are_all_however_many_come_at_once(house: House) -> None:
    await house.with_second()
    half = await house.password()
    found = await asyncio.gather(
        *(code_of(house.code(half, f"{number:06}")) for number in range(12))
    )
    assert sorted(found) == ["second.wrong"] * 5 + ["signin.expired"] * 7


async def test_one_code_opens_once_even_when_two_come_at_once(house: House) -> None:
    totp = await house.with_second()
    halves = [await house.password() for _ in range(4)]
    code = totp.at(house.clock.time)
    found = await asyncio.gather(
        *(house.code(half, code) for half in halves), return_exceptions=True
    )
    assert sum(isinstance(one, Person) for one in found) == 1


async def test_a_recovery_code_opens_and_is_gone(house: House) -> None:
    secret = new_secret()
    recovery = await house.seconds.set_up(
        house.person.id, secret, pyotp.TOTP(secret).at(house.clock.time)
    )
    await house.code(await house.password(), recovery.codes[0])
    assert await house.seconds.use(house.person.id, recovery.codes[1]) == 8
    half = await house.password()
    assert await code_of(house.code(half, recovery.codes[0])) == "second.wrong"
    await house.seconds.remove(house.person.id)
    assert await code_of(house.seconds.use(house.person.id, recovery.codes[2])) == "second.wrong"
    assert isinstance(await house.password(), Person)


async def test_a_wrong_first_code_changes_nothing(house: House) -> None:
    assert await code_of(house.seconds.set_up(house.person.id, new_secret(), "1")) == "second.wrong"
    assert isinstance(await house.password(), Person)


async def test_a_hash_of_an_older_measure_is_made_anew(house: House) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    await house.people.set_password(house.person.id, old)
    await house.password()
    found = await house.people.of_login("tanaka")
    assert found is not None
    assert found[1] is not None
    assert "m=8," in found[1]
    assert await house.password() == house.person

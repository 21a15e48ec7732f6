"""Sign-ins and tokens: opaque, hashed, bounded in number and time, ended at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from genba.errors import GenbaError
from genba.server.identity import browsers, tokens
from genba.server.identity.browsers import Browsers
from genba.server.identity.people import People
from genba.server.identity.person import Role
from genba.server.identity.scope import Scope
from genba.server.identity.tokens import Tokens
from genba.server.storage.schema.signins import SIGN_INS
from genba.server.storage.schema.tokens import TOKENS

if TYPE_CHECKING:
    from genba.server.identity.person import Person
    from genba.server.storage.database import Database

HOUR = timedelta(hours=1)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def tanaka(database: Database, clock: Clock) -> Person:
    people = People(database, clock)
    group = await people.add_group("東京支店")
    return await people.add("tanaka", "田中", [Role.SUPPORTER], group=group.id)


async def enter(signed: Browsers, person: Person, **more: str) -> tuple[browsers.Browser, str]:
    return await signed.enter(person.id, "password", address="192.0.2.1", agent="x" * 999, **more)


async def test_a_cookie_is_known_by_its_hash_alone(
    database: Database, clock: Clock, tanaka: Person
) -> None:
    signed = Browsers(database, clock)
    browser, value = await enter(signed, tanaka)
    assert await signed.who(value) == browser
    assert len(browser.agent) == 200
    async with database.server(write=False) as connection:
        row = (await connection.execute(select(SIGN_INS))).one()
    assert value not in str(row._asdict())
    for wrong in ("", value[:-1], value + "x", browser.id, browser.csrf):
        assert await signed.who(wrong) is None


async def test_a_new_sign_in_ends_the_cookie_that_the_browser_came_with(
    database: Database, clock: Clock, tanaka: Person
) -> None:
    signed = Browsers(database, clock)
    _, planted = await enter(signed, tanaka)
    _, value = await enter(signed, tanaka, instead_of=planted)
    assert await signed.who(planted) is None
    assert await signed.who(value) is not None


async def test_idle_and_old_ones_end(database: Database, clock: Clock, tanaka: Person) -> None:
    signed = Browsers(database, clock)
    _, idle = await enter(signed, tanaka)
    _, busy = await enter(signed, tanaka)
    begun = clock.time
    for _ in range(40):
        clock.time += 0.5 * browsers.IDLE
        if clock.time - begun >= browsers.LIFE:
            break
        assert await signed.who(busy) is not None
    assert clock.time - begun >= browsers.LIFE
    assert await signed.who(busy) is None, "it was busy, and a week is over"
    assert await signed.who(idle) is None
    assert await signed.of_user(tanaka.id) == []


async def test_one_ends_ones_own_and_no_other(
    database: Database, clock: Clock, tanaka: Person
) -> None:
    signed = Browsers(database, clock)
    first, one = await enter(signed, tanaka)
    clock.time += HOUR
    second, two = await enter(signed, tanaka)
    _, three = await enter(signed, tanaka)
    with pytest.raises(GenbaError) as caught:
        await signed.leave("somebody", first.id)
    assert caught.value.code == "not_found"
    await signed.leave(tanaka.id, first.id)
    assert await signed.who(one) is None
    assert len(await signed.of_user(tanaka.id)) == 2
    assert await signed.leave_all(tanaka.id, but=second.id) == 1
    assert await signed.who(three) is None
    assert await signed.who(two) is not None
    await People(database, clock).disable(tanaka.id)
    assert await signed.who(two) is None


async def test_the_one_not_seen_for_longest_makes_room(
    database: Database, clock: Clock, tanaka: Person
) -> None:
    signed = Browsers(database, clock)
    values = []
    for _ in range(browsers.MOST + 2):
        values.append((await enter(signed, tanaka))[1])
        clock.time += timedelta(minutes=1)
    found = [await signed.who(value) is not None for value in values]
    assert found == [False] * 2 + [True] * browsers.MOST


async def test_a_token_is_shown_once_and_ends(
    database: Database, clock: Clock, tanaka: Person
) -> None:
    store = Tokens(database, clock)
    token, secret = await store.add(tanaka.id, "集計", [Scope.READ, Scope.AUDIT], 2 * HOUR)
    assert secret.startswith("genba_")
    assert await store.find(secret) == token
    async with database.server(write=False) as connection:
        row = (await connection.execute(select(TOKENS))).one()
    assert secret not in str(row._asdict())
    assert row.used_at == clock.time
    for wrong in ("", "genba_", secret[:-1], secret[6:]):
        assert await store.find(wrong) is None
    clock.time += 2 * HOUR
    assert await store.find(secret) is None
    assert [one.id for one in await store.of_user(tanaka.id)] == [token.id]


async def test_a_token_is_revoked_by_its_owner_and_ends_with_the_owner(
    database: Database, clock: Clock, tanaka: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "MOST", 2)
    store = Tokens(database, clock)
    one, first = await store.add(tanaka.id, "a", [Scope.READ], HOUR)
    _, second = await store.add(tanaka.id, "b", [Scope.READ], HOUR)
    with pytest.raises(GenbaError) as caught:
        await store.add(tanaka.id, "c", [Scope.READ], HOUR)
    assert caught.value.code == "token.too_many"
    for user, token in (("somebody", one.id), (tanaka.id, "none")):
        with pytest.raises(GenbaError) as caught:
            await store.revoke(user, token)
        assert caught.value.code == "not_found"
    await store.revoke(tanaka.id, one.id)
    assert await store.find(first) is None
    await store.add(tanaka.id, "c", [Scope.READ], HOUR)
    await People(database, clock).disable(tanaka.id)
    assert await store.find(second) is None


async def test_tokens_have_an_end(database: Database, clock: Clock, tanaka: Person) -> None:
    store = Tokens(database, clock)
    for scopes, life in (([], HOUR), ([Scope.READ], timedelta(days=400)), ([Scope.READ], -HOUR)):
        with pytest.raises(ValueError, match="token"):
            await store.add(tanaka.id, "x", scopes, life)

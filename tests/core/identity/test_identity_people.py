"""Groups and people: who exists, under which login, in which group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba.errors import GenbaError
from genba.server.identity.people import People, login_of
from genba.server.identity.person import Role

if TYPE_CHECKING:
    from genba.server.storage.database import Database

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


@pytest.fixture
def people(database: Database) -> People:
    return People(database, Clock())


async def test_a_group_and_its_people(people: People) -> None:
    assert not await people.any()
    group, other = await people.add_group("東京支店"), await people.add_group("大阪支店")
    assert (group.retention_days, group.guests_allowed, group.break_glass) == (31, True, False)
    tanaka = await people.add(
        "Tanaka@Example.JP", "田中 一郎", [Role.SUPPORTER, Role.ADMIN], group=group.id
    )
    await people.add("sato", "", [Role.SUPPORTER], group=other.id)
    root = await people.add("root", "運用", [Role.OPERATOR])
    assert await people.any()
    assert [(one.login, one.roles) for one in await people.of_group(group.id)] == [
        ("tanaka@example.jp", frozenset({Role.SUPPORTER, Role.ADMIN}))
    ]
    assert [one.name for one in await people.of_group(other.id)] == ["sato"]
    assert await people.operators() == [root]
    assert (root.group, root.roles) == ("", frozenset({Role.OPERATOR}))
    assert await people.get(tanaka.id) == tanaka
    assert [one.name for one in await people.groups()] == ["大阪支店", "東京支店"]
    assert await people.group_named("東京支店") == group


async def test_a_login_is_one_however_it_is_typed(people: People) -> None:
    group = await people.add_group("東京支店")
    made = await people.add("tanaka", "田中", [Role.SUPPORTER], group=group.id, password="hash")
    for typed in ("TANAKA", " tanaka ", "ｔａｎａｋａ"):
        found = await people.of_login(typed)
        assert found == (made, "hash")
        with pytest.raises(GenbaError) as caught:
            await people.add(typed, "x", [Role.SUPPORTER], group=group.id)
        assert caught.value.code == "login.exists"
    assert await people.of_login("tanak") is None


@pytest.mark.parametrize("login", ["", "a", "a b", "田中", "-x", "x" * 121, "a\x00b", "a'--"])
async def test_what_is_no_login(people: People, login: str) -> None:
    group = await people.add_group("x")
    with pytest.raises(GenbaError) as caught:
        await people.add(login, "x", [Role.SUPPORTER], group=group.id)
    assert caught.value.code == "login.invalid"


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\u202eb", "a\x07b"])
async def test_what_is_no_name(people: People, name: str) -> None:
    with pytest.raises(GenbaError) as caught:
        await people.add_group(name)
    assert caught.value.code == "name.invalid"


async def test_roles_and_groups_belong_together(people: People) -> None:
    group = await people.add_group("x")
    for roles, of in (
        ([], group.id),
        ([Role.OPERATOR], group.id),
        ([Role.SUPPORTER], ""),
        ([Role.OPERATOR, Role.ADMIN], ""),
    ):
        with pytest.raises(ValueError, match="role"):
            await people.add("who", "x", roles, group=of)


async def test_changes(people: People) -> None:
    group = await people.add_group("x")
    with pytest.raises(GenbaError, match="group"):
        await people.add_group(" x ")
    made = await people.add("tanaka", "田中", [Role.ADMIN], group=group.id)
    assert (made.active, made.has_password, made.has_second) == (True, False, False)
    await people.set_password(made.id, "hash")
    await people.disable(made.id)
    found = await people.get(made.id)
    assert (found.active, found.has_password, found.disabled_at) == (False, True, NOW)
    await people.close_group(group.id)
    assert (await people.group_named("x")).closed_at == NOW
    for change in (people.set_password("none", "x"), people.disable("none"), people.get("none")):
        with pytest.raises(GenbaError) as caught:
            await change
        assert caught.value.code == "not_found"


def test_logins_fold() -> None:
    assert login_of(" Straße＠X ") == "strasse@x"
    assert timedelta(0) == NOW.utcoffset()

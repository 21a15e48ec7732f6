"""Groups and their people, as the database has them."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from genba.errors import GenbaError
from genba.server.identity.person import Group, Person, Role
from genba.server.storage.ids import new_id
from genba.server.storage.schema.groups import GROUPS
from genba.server.storage.schema.users import MEMBERSHIPS, USERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from genba.clock import Clock
    from genba.server.storage.database import Database

LOGIN = re.compile(r"[a-z0-9][a-z0-9._+@-]{1,119}")
NAME = 80  # characters


def login_of(text: str) -> str:
    """Return a login as it is stored: however it was typed, it is the same one."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


class People:
    """Each call is a transaction of its own. A group's people are asked for with the group."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep them in the database."""
        self._database = database
        self._clock = clock

    async def add_group(self, name: str) -> Group:
        """Make a group; raises ``group.exists`` and ``name.invalid``."""
        values = {"id": new_id(), "name": _name(name), "created_at": self._clock.now()}
        try:
            async with self._database.server() as connection:
                await connection.execute(insert(GROUPS).values(**values))
                found = await connection.execute(select(GROUPS).where(GROUPS.c.id == values["id"]))
                return _group(found.one())
        except IntegrityError:
            raise GenbaError("group.exists") from None

    async def groups(self) -> list[Group]:
        """Return all groups by name: for operators alone."""
        async with self._database.server(write=False) as connection:
            found = await connection.execute(select(GROUPS).order_by(GROUPS.c.name))
            return [_group(row) for row in found]

    async def group_named(self, name: str) -> Group:
        """Return a group by its name; raises ``not_found``."""
        async with self._database.server(write=False) as connection:
            found = await connection.execute(select(GROUPS).where(GROUPS.c.name == _name(name)))
            row = found.one_or_none()
        if row is None:
            raise GenbaError("not_found")
        return _group(row)

    async def close_group(self, group: str) -> None:
        """Let nobody of it sign in any more; its rows stay until they are erased."""
        async with self._database.server() as connection:
            done = await connection.execute(
                update(GROUPS).where(GROUPS.c.id == group).values(closed_at=self._clock.now())
            )
            if not done.rowcount:
                raise GenbaError("not_found")

    async def add(
        self,
        login: str,
        name: str,
        roles: Collection[Role],
        *,
        group: str = "",
        password: str | None = None,
        email: str = "",
    ) -> Person:
        """Make a person; ``password`` is a hash. Raises ``login.invalid`` and ``login.exists``.

        An operator has no group and no other role; everybody else has a group and a role.
        """
        operator = Role.OPERATOR in roles
        if not roles or operator != (not group) or (operator and len(set(roles)) > 1):
            raise ValueError("a role for a group, or an operator without one")
        login = login_of(login)
        if not LOGIN.fullmatch(login):
            raise GenbaError("login.invalid")
        now, user = self._clock.now(), new_id()
        values: dict[str, object] = {
            "id": user,
            "group_id": group or None,
            "login": login,
            "name": _name(name or login),
            "email": email or None,
            "operator": operator,
            "password": password,
            "recovery": [],
            "created_at": now,
        }
        try:
            async with self._database.server() as connection:
                await connection.execute(insert(USERS).values(**values))
                for role in {*roles} - {Role.OPERATOR}:
                    await connection.execute(
                        insert(MEMBERSHIPS).values(
                            user_id=user, group_id=group, role=role.value, since=now
                        )
                    )
                return await _one(connection, select(USERS).where(USERS.c.id == user))
        except IntegrityError:
            raise GenbaError("login.exists") from None

    async def of_group(self, group: str) -> list[Person]:
        """Return a group's people by login."""
        async with self._database.group(group, write=False) as connection:
            wanted = select(USERS).where(USERS.c.group_id == group).order_by(USERS.c.login)
            rows = (await connection.execute(wanted)).all()
            return [await _person(connection, row) for row in rows]

    async def operators(self) -> list[Person]:
        """Return the people who run the server."""
        async with self._database.server(write=False) as connection:
            wanted = select(USERS).where(USERS.c.operator).order_by(USERS.c.login)
            rows = (await connection.execute(wanted)).all()
            return [await _person(connection, row) for row in rows]

    async def any(self) -> bool:
        """Say whether there is anybody yet."""
        async with self._database.server(write=False) as connection:
            return (await connection.execute(select(USERS.c.id).limit(1))).first() is not None

    async def of_login(self, login: str) -> tuple[Person, str | None] | None:
        """Return who has this login, and the password's hash: for signing in alone."""
        async with self._database.server(write=False) as connection:
            row = (
                await connection.execute(select(USERS).where(USERS.c.login == login_of(login)))
            ).one_or_none()
            if row is None:
                return None
            return await _person(connection, row), row.password

    async def get(self, user: str) -> Person:
        """Return a person by id; raises ``not_found``."""
        async with self._database.server(write=False) as connection:
            return await _one(connection, select(USERS).where(USERS.c.id == user))

    async def set_password(self, user: str, password: str) -> None:
        """Store a new hash; raises ``not_found``."""
        await self._change(user, password=password)

    async def disable(self, user: str) -> None:
        """Let somebody sign in no more; what they did stays theirs."""
        await self._change(user, disabled_at=self._clock.now())

    async def _change(self, user: str, **values: object) -> None:
        async with self._database.server() as connection:
            done = await connection.execute(
                update(USERS).where(USERS.c.id == user).values(**values)
            )
            if not done.rowcount:
                raise GenbaError("not_found")


async def _one(connection: AsyncConnection, wanted: Select[tuple[object, ...]]) -> Person:
    row = (await connection.execute(wanted)).one_or_none()
    if row is None:
        raise GenbaError("not_found")
    return await _person(connection, row)


async def _person(connection: AsyncConnection, row: Row[tuple[object, ...]]) -> Person:
    roles = await connection.scalars(
        select(MEMBERSHIPS.c.role).where(MEMBERSHIPS.c.user_id == row.id)
    )
    return Person(
        id=row.id,
        login=row.login,
        name=row.name,
        group=row.group_id or "",
        roles=frozenset({Role.OPERATOR} if row.operator else map(Role, roles)),
        email=row.email or "",
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        has_password=row.password is not None,
        has_second=row.totp is not None,
    )


def _group(row: Row[tuple[object, ...]]) -> Group:
    return Group(**row._asdict())


def _name(text: str) -> str:
    clean = " ".join(unicodedata.normalize("NFC", text).split())
    if not 1 <= len(clean) <= NAME or not clean.isprintable():
        raise GenbaError("name.invalid")
    return clean

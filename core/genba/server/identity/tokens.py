"""Personal API tokens: shown once, kept as SHA-256, for some purposes and some time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from genba.errors import GenbaError
from genba.server.identity.digest import digest
from genba.server.identity.scope import Scope
from genba.server.storage.ids import new_id
from genba.server.storage.schema.tokens import TOKENS
from genba.server.storage.schema.users import USERS

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row

    from genba.clock import Clock
    from genba.server.storage.database import Database

PREFIX = "genba_"  # what secret scanners look for
LONGEST = timedelta(days=366)
MOST = 50  # of one person, revoked and expired ones not counted
SEEN_EVERY = timedelta(minutes=10)  # how exactly the last use is kept


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret."""

    id: str
    user: str
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class Tokens:
    """Each call is a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep them in the database."""
        self._database = database
        self._clock = clock

    async def add(
        self, user: str, name: str, scopes: Collection[Scope], life: timedelta
    ) -> tuple[Token, str]:
        """Make one; the secret is returned this once. Raises ``token.too_many``."""
        if not scopes or not timedelta(0) < life <= LONGEST:
            raise ValueError("a token has scopes and lives at most a year")
        now, secret = self._clock.now(), PREFIX + secrets.token_urlsafe(32)
        token = Token(new_id(), user, name, frozenset(scopes), now, now + life, None, None)
        async with self._database.server() as connection:
            mine = select(TOKENS.c.id).where(
                TOKENS.c.user_id == user, TOKENS.c.revoked_at.is_(None), TOKENS.c.expires_at > now
            )
            if len((await connection.execute(mine)).all()) >= MOST:
                raise GenbaError("token.too_many")
            await connection.execute(
                insert(TOKENS).values(
                    id=token.id,
                    user_id=user,
                    digest=digest(secret),
                    name=name,
                    scopes=sorted(scopes),
                    created_at=now,
                    expires_at=token.expires_at,
                )
            )
        return token, secret

    async def of_user(self, user: str) -> list[Token]:
        """Return somebody's tokens, the newest first, also those that are over."""
        async with self._database.server(write=False) as connection:
            wanted = select(TOKENS).where(TOKENS.c.user_id == user)
            found = await connection.execute(wanted.order_by(TOKENS.c.created_at.desc()))
            return [_token(row) for row in found]

    async def revoke(self, user: str, token: str) -> None:
        """End one of somebody's own; raises ``not_found``, also for another's."""
        async with self._database.server() as connection:
            done = await connection.execute(
                update(TOKENS)
                .where(
                    TOKENS.c.id == token, TOKENS.c.user_id == user, TOKENS.c.revoked_at.is_(None)
                )
                .values(revoked_at=self._clock.now())
            )
        if not done.rowcount:
            raise GenbaError("not_found")

    async def find(self, secret: str) -> Token | None:
        """Return the token of this secret while it and its owner are good, and note its use."""
        if not secret.startswith(PREFIX):
            return None
        now = self._clock.now()
        async with self._database.server(write=False) as connection:
            row = (
                await connection.execute(
                    select(TOKENS)
                    .join(USERS, USERS.c.id == TOKENS.c.user_id)
                    .where(
                        TOKENS.c.digest == digest(secret),
                        TOKENS.c.revoked_at.is_(None),
                        TOKENS.c.expires_at > now,
                        USERS.c.disabled_at.is_(None),
                    )
                )
            ).one_or_none()
        if row is None:
            return None
        token = _token(row)
        if token.used_at is None or now - token.used_at >= SEEN_EVERY:
            async with self._database.server() as connection:
                await connection.execute(
                    update(TOKENS).where(TOKENS.c.id == token.id).values(used_at=now)
                )
        return token


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        id=row.id,
        user=row.user_id,
        name=row.name,
        scopes=frozenset(map(Scope, row.scopes)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        revoked_at=row.revoked_at,
    )

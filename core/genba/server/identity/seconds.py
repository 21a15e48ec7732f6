"""People's second factors, as the database has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from genba.errors import GenbaError
from genba.server.identity import secondfactor
from genba.server.identity.sealing import seal, unseal
from genba.server.storage.schema.users import USERS

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from genba.clock import Clock
    from genba.server.identity.secondfactor import Recovery
    from genba.server.storage.database import Database


@dataclass(frozen=True, slots=True)
class _Kept:
    totp: str | None
    used: int | None
    recovery: tuple[str, ...]


class Seconds:
    """Each call is a transaction of its own: two at once can't use one code twice."""

    def __init__(self, database: Database, clock: Clock, key: bytes) -> None:
        """``key`` (32 bytes) seals the secrets and is kept outside the database."""
        self._database = database
        self._clock = clock
        self._key = key

    async def set_up(self, user: str, secret: str, code: str) -> Recovery:
        """Take a new secret once its first code is right; return the recovery codes, this once.

        Raises ``second.wrong``: then the phone's clock or the scan is not right, and nothing has
        changed.
        """
        step = secondfactor.taken_step(secret, code, self._clock.now(), None)
        if step is None:
            raise GenbaError("second.wrong")
        recovery = secondfactor.new_recovery()
        await self._change(
            user,
            totp=seal(secret, self._key, f"totp:{user}"),
            totp_used=step,
            recovery=list(recovery.digests),
        )
        return recovery

    async def use(self, user: str, code: str) -> int | None:
        """Use a code up, of the phone or for recovery; raise ``second.wrong``.

        Returns how many recovery codes are left when one was used, else None.
        """
        async with self._database.server() as connection:
            kept = await self._kept(connection, user)
            if kept.totp is not None:
                secret = unseal(kept.totp, self._key, f"totp:{user}")
                step = secondfactor.taken_step(secret, code, self._clock.now(), kept.used)
                if step is not None:
                    await _set(connection, user, totp_used=step)
                    return None
                left = secondfactor.left_after(kept.recovery, code)
                if left is not None:
                    await _set(connection, user, recovery=list(left))
                    return len(left)
        raise GenbaError("second.wrong")

    async def remove(self, user: str) -> None:
        """Ask for no second factor any more; raises ``not_found``."""
        await self._change(user, totp=None, totp_used=None, recovery=[])

    async def _kept(self, connection: AsyncConnection, user: str) -> _Kept:
        # Locked, so that a second transaction sees what the first has used up.
        wanted = select(USERS.c.totp, USERS.c.totp_used, USERS.c.recovery).where(USERS.c.id == user)
        row = (await connection.execute(wanted.with_for_update())).one_or_none()
        if row is None:
            raise GenbaError("second.wrong")
        return _Kept(row.totp, row.totp_used, tuple(row.recovery))

    async def _change(self, user: str, **values: object) -> None:
        async with self._database.server() as connection:
            if not await _set(connection, user, **values):
                raise GenbaError("not_found")


async def _set(connection: AsyncConnection, user: str, **values: object) -> int:
    done = await connection.execute(update(USERS).where(USERS.c.id == user).values(**values))
    return done.rowcount

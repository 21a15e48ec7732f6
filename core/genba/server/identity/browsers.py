"""Browsers that are signed in: an opaque cookie each, of which only the SHA-256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from genba.errors import GenbaError
from genba.server.identity.digest import digest
from genba.server.storage.ids import new_id
from genba.server.storage.schema.signins import SIGN_INS
from genba.server.storage.schema.users import USERS

if TYPE_CHECKING:
    from sqlalchemy import Row

    from genba.clock import Clock
    from genba.server.storage.database import Database

IDLE = timedelta(hours=12)  # without anything done; looking at a live view is something
LIFE = timedelta(days=7)  # at most, whatever is done
SEEN_EVERY = timedelta(minutes=5)  # how exactly the last activity is kept
MOST = 20  # of one person; the one not seen for longest ends


@dataclass(frozen=True, slots=True)
class Browser:
    """``csrf`` is what its pages send with each change."""

    id: str
    user: str
    csrf: str
    method: str
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    ended_at: datetime | None


class Browsers:
    """Each call is a transaction of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Keep them in the database."""
        self._database = database
        self._clock = clock

    async def enter(
        self, user: str, method: str, *, address: str, agent: str, instead_of: str = ""
    ) -> tuple[Browser, str]:
        """Sign a browser in under a new cookie's value, which is returned this once.

        ``instead_of`` is the cookie that it came with: that one ends, so that one which somebody
        else has planted is worth nothing (IPA 4-4, ASVS 7.2.4).
        """
        now, value = self._clock.now(), secrets.token_urlsafe(32)
        browser = Browser(
            id=new_id(),
            user=user,
            csrf=secrets.token_urlsafe(32),
            method=method,
            address=address[:45],
            agent=agent[:200],
            created_at=now,
            seen_at=now,
            ended_at=None,
        )
        async with self._database.server() as connection:
            if instead_of:
                await connection.execute(
                    update(SIGN_INS)
                    .where(SIGN_INS.c.digest == digest(instead_of), SIGN_INS.c.ended_at.is_(None))
                    .values(ended_at=now)
                )
            open_ = (
                select(SIGN_INS.c.id)
                .where(SIGN_INS.c.user_id == user, SIGN_INS.c.ended_at.is_(None))
                .order_by(SIGN_INS.c.seen_at.desc())
                .offset(MOST - 1)
            )
            too_many = list(await connection.scalars(open_))
            if too_many:
                await connection.execute(
                    update(SIGN_INS).where(SIGN_INS.c.id.in_(too_many)).values(ended_at=now)
                )
            await connection.execute(
                insert(SIGN_INS).values(
                    id=browser.id,
                    digest=digest(value),
                    user_id=user,
                    csrf=browser.csrf,
                    method=method,
                    address=browser.address,
                    agent=browser.agent,
                    created_at=now,
                    seen_at=now,
                )
            )
        return browser, value

    async def who(self, value: str) -> Browser | None:
        """Return whose cookie this is while it and its owner are good, and note the activity."""
        now = self._clock.now()
        async with self._database.server(write=False) as connection:
            row = (
                await connection.execute(
                    select(SIGN_INS)
                    .join(USERS, USERS.c.id == SIGN_INS.c.user_id)
                    .where(
                        SIGN_INS.c.digest == digest(value),
                        SIGN_INS.c.ended_at.is_(None),
                        SIGN_INS.c.seen_at > now - IDLE,
                        SIGN_INS.c.created_at > now - LIFE,
                        USERS.c.disabled_at.is_(None),
                    )
                )
            ).one_or_none()
        if row is None:
            return None
        browser = _browser(row)
        if now - browser.seen_at >= SEEN_EVERY:
            async with self._database.server() as connection:
                await connection.execute(
                    update(SIGN_INS).where(SIGN_INS.c.id == browser.id).values(seen_at=now)
                )
        return browser

    async def of_user(self, user: str) -> list[Browser]:
        """Return somebody's open sign-ins, the one seen last first."""
        now = self._clock.now()
        async with self._database.server(write=False) as connection:
            found = await connection.execute(
                select(SIGN_INS)
                .where(
                    SIGN_INS.c.user_id == user,
                    SIGN_INS.c.ended_at.is_(None),
                    SIGN_INS.c.seen_at > now - IDLE,
                    SIGN_INS.c.created_at > now - LIFE,
                )
                .order_by(SIGN_INS.c.seen_at.desc(), SIGN_INS.c.id)
            )
            return [_browser(row) for row in found]

    async def leave(self, user: str, browser: str) -> None:
        """End one of somebody's own; raises ``not_found``, also for another's."""
        async with self._database.server() as connection:
            done = await connection.execute(
                update(SIGN_INS)
                .where(
                    SIGN_INS.c.id == browser,
                    SIGN_INS.c.user_id == user,
                    SIGN_INS.c.ended_at.is_(None),
                )
                .values(ended_at=self._clock.now())
            )
        if not done.rowcount:
            raise GenbaError("not_found")

    async def leave_all(self, user: str, but: str = "") -> int:
        """End all of somebody's but one, as after a new password; return how many."""
        async with self._database.server() as connection:
            done = await connection.execute(
                update(SIGN_INS)
                .where(
                    SIGN_INS.c.user_id == user,
                    SIGN_INS.c.id != but,
                    SIGN_INS.c.ended_at.is_(None),
                )
                .values(ended_at=self._clock.now())
            )
        return done.rowcount


def _browser(row: Row[tuple[object, ...]]) -> Browser:
    found = row._asdict()
    return Browser(user=found.pop("user_id"), **{k: v for k, v in found.items() if k != "digest"})

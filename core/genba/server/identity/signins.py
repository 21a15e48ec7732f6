"""Who is signed in: opaque cookies, remembered on the server's side as SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.identity.actor import GROUP, Actor, operator
from genba.server.storage.folder import Folder
from genba.server.storage.records import SignInBook, SignInRecord

if TYPE_CHECKING:
    from pathlib import Path

    from genba.clock import Clock
    from genba.server.identity.once import Once

LIFE = timedelta(days=30)
IDLE = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=10)  # how exactly the last visit is kept on disk
MOST = 200  # browsers; the one not seen for longest is signed out


class SignIns:
    """On the event loop; survives a restart of the web process."""

    def __init__(self, data: Path, clock: Clock) -> None:
        """Keep the book in the data folder."""
        self._folder = Folder(data / "signins", SignInBook)
        self._clock = clock
        self._book = SignInBook()

    async def open(self) -> None:
        """Read the book."""
        self._book = (await self._folder.all()).get("book", SignInBook())
        self._sweep()

    async def enter(self, once: Once) -> str:
        """Use a sign-in link up and return the new cookie's value; raises ``signin.used``."""
        self._sweep()
        if once.id in self._book.used:
            raise GenbaError("signin.used")
        self._book.used[once.id] = once.expires  # before any await: two at once is one too many
        value = secrets.token_urlsafe(32)
        now = self._clock.now()
        self._book.people[_digest(value)] = SignInRecord(group=GROUP, created_at=now, seen_at=now)
        await self._save()
        return value

    async def who(self, cookie: str) -> Actor | None:
        """Return the person behind a cookie, or None where it is unknown or over."""
        person = self._book.people.get(_digest(cookie))
        now = self._clock.now()
        if person is None or self._over(person):
            return None
        if now - person.seen_at >= SEEN_EVERY:
            person.seen_at = now
            await self._save()
        return operator(ambient=True)

    def _over(self, person: SignInRecord) -> bool:
        now = self._clock.now()
        return now - person.created_at >= LIFE or now - person.seen_at >= IDLE

    def _sweep(self) -> None:
        now = self._clock.now()
        people = sorted(
            ((d, p) for d, p in self._book.people.items() if not self._over(p)),
            key=lambda item: item[1].seen_at,
        )
        self._book.people = dict(people[-(MOST - 1) :])
        self._book.used = {i: until for i, until in self._book.used.items() if until > now}

    async def _save(self) -> None:
        await self._folder.put("book", self._book)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode(errors="replace")).hexdigest()

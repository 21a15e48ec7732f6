"""Signing in with a login and a password, and a second factor where one is asked for."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.identity.digest import digest
from genba.server.identity.people import login_of

if TYPE_CHECKING:
    from genba.clock import Clock
    from genba.server.identity.guesses import Guesses
    from genba.server.identity.passwords import Passwords
    from genba.server.identity.people import People
    from genba.server.identity.person import Person
    from genba.server.identity.seconds import Seconds

PATIENCE = 300.0  # seconds that somebody may take for the second factor
MOST = 2000  # who are between the two; the one who began first begins again
TRIES = 5  # wrong codes after one password


@dataclass(frozen=True, slots=True)
class Half:
    """The password was right, the second factor is still wanted; ``value`` is the page's."""

    value: str


@dataclass(slots=True)
class _Between:
    person: Person
    until: float
    wrong: int = 0


class Door:
    """On the event loop. Every way of being wrong looks the same and takes the same work."""

    def __init__(
        self, people: People, passwords: Passwords, seconds: Seconds, guesses: Guesses, clock: Clock
    ) -> None:
        """Work with these."""
        self._people = people
        self._passwords = passwords
        self._seconds = seconds
        self._guesses = guesses
        self._clock = clock
        self._between: OrderedDict[str, _Between] = OrderedDict()

    async def password(self, login: str, password: str, network: str) -> Person | Half:
        """Return who it is; raises ``signin.wrong``, ``rate.limited`` and ``server.busy``."""
        login = login_of(login)[:120]
        await self._guesses.allowed(login, network)
        found = await self._people.of_login(login)
        stored = found[1] if found is not None and found[0].active else None
        good = await self._passwords.verify(stored, password)
        if found is None or stored is None or not good:
            await self._guesses.wrong(login)
            raise GenbaError("signin.wrong")
        person = found[0]
        if self._passwords.outdated(stored):
            await self._people.set_password(person.id, await self._passwords.hash(password))
        if not person.has_second:
            return person
        value = secrets.token_urlsafe(32)
        now = self._clock.monotonic()
        while self._between and (
            len(self._between) >= MOST or next(iter(self._between.values())).until < now
        ):
            self._between.popitem(last=False)
        self._between[digest(value)] = _Between(person, now + PATIENCE)
        return Half(value)

    async def second(self, value: str, code: str, network: str) -> Person:
        """Return who it is; raises ``second.wrong``, ``signin.expired`` and ``rate.limited``."""
        name = digest(value)
        between = self._between.get(name)
        if between is None or between.until < self._clock.monotonic():
            self._between.pop(name, None)
            raise GenbaError("signin.expired")
        login = between.person.login
        await self._guesses.allowed(login, network)
        between.wrong += 1  # before any await: many at once are not many tries
        if between.wrong > TRIES:
            self._between.pop(name, None)
            raise GenbaError("signin.expired")
        try:
            await self._seconds.use(between.person.id, code)
        except GenbaError:
            await self._guesses.wrong(login)
            raise
        self._between.pop(name, None)
        return between.person

"""Passwords: argon2id in threads of their own, and the rules for new ones (ASVS 5, 6.2)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from genba.errors import GenbaError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

SHORTEST, LONGEST = 10, 128  # characters
THREADS = 2
WAITING = 200  # who may wait for a thread: some ten seconds' work
CLOSE = 4  # letters of a name that a password may not hold
_COMMON = frozenset(FREQUENCY_LISTS["passwords"])


def check_new(password: str, names: Iterable[str]) -> None:
    """Raise ``password.weak`` where it is too short or too long, known to everybody, or a name.

    ``names`` are those of the person, the group and the service. Any letters will do, none is
    demanded, and the password is taken as it is: nothing is cut off or folded.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise GenbaError("password.weak", f"A password has {SHORTEST} to {LONGEST} characters.")
    small = password.casefold()
    if small in _COMMON or small.rstrip("0123456789!") in _COMMON:
        raise GenbaError("password.weak", "Many people use this password.")
    if len(set(small)) < CLOSE:
        raise GenbaError("password.weak", "The password repeats itself.")
    for name in names:
        for part in name.casefold().replace("@", " ").replace(".", " ").split():
            if len(part) >= CLOSE and part in small:
                raise GenbaError("password.weak", "The password holds a name.")


class Passwords:
    """Async context manager; on the event loop. Each hashing takes a thread some 75 ms.

    Two threads do them all, so that ten thousand wrong tries cost no call its processor. Who
    would have to wait for too long gets ``server.busy``.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Hash as OWASP says (19 MiB, two passes, one lane), or as told."""
        self._hasher = hasher or PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._nobody = ""

    async def __aenter__(self) -> Self:
        """Start."""
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="password")
        self._nobody = await self.hash("nobody has this password")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """End the threads after what they do now."""
        if self._threads is not None:
            await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """Return what to store."""
        return await self._run(password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether it is that of ``stored``; without one it takes as long, and is not."""
        good = await self._run_verify(stored or self._nobody, password[: LONGEST + 1])
        return good and stored is not None

    def outdated(self, stored: str) -> bool:
        """Say whether it should be hashed anew, by today's measure, now that it is known."""
        return self._hasher.check_needs_rehash(stored)

    @contextmanager
    def _place(self) -> Generator[None]:
        """Stand in the line before the threads."""
        if self._waiting >= WAITING:
            raise GenbaError("server.busy", "Too many people are signing in.")
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def _run(self, password: str) -> str:
        with self._place():
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._hasher.hash, password)

    async def _run_verify(self, stored: str, password: str) -> bool:
        def verify() -> bool:
            try:
                return self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError):
                return False

        with self._place():
            return await asyncio.get_running_loop().run_in_executor(self._threads, verify)

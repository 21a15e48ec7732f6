"""Eight digits that can be called over noise: who they let in, and until when."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING

from genba.errors import GenbaError
from genba.server.storage.folder import Folder
from genba.server.storage.ids import new_id
from genba.server.storage.records import InvitationRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from genba.clock import Clock
    from genba.server.storage.records import SessionRecord
    from genba.settings import Settings

DIGITS = 8
MOST = 100  # invitations of one session that are good at the same time


def shown(code: str) -> str:
    """Return a code as people read it: ``1234-5678``."""
    return f"{code[:4]}-{code[4:]}"


def digits(text: str) -> str:
    """Return the eight digits that somebody typed, full-width or spaced too, or an empty string."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if c not in "-‐‑–—−ー 　")
    return plain if len(plain) == DIGITS and plain.isascii() and plain.isdigit() else ""


class Invitations:
    """On the event loop. ``is_running`` says whether a session runs."""

    def __init__(self, settings: Settings, clock: Clock, is_running: Callable[[str], bool]) -> None:
        """Keep them in the data folder."""
        self._clock = clock
        self._is_running = is_running
        self._minutes = settings.camera.invitation_minutes
        self._life = timedelta(hours=settings.camera.ticket_hours)
        self._folder = Folder(settings.data.dir / "invitations", InvitationRecord)
        self._all: dict[str, InvitationRecord] = {}
        self._codes: dict[str, str] = {}

    async def open(self) -> None:
        """Read them, and forget those that are of no more use."""
        self._all = await self._folder.all()
        self._codes = {one.code: one.id for one in self._all.values()}
        await self._sweep()

    async def make(
        self, session: SessionRecord, *, name: str = "", slot: int = 0, minutes: int = 0
    ) -> InvitationRecord:
        """Invite one terminal; ``minutes`` 0 takes the setting, ``slot`` 0 any slot."""
        await self._sweep()
        if len(self.of(session.id)) >= MOST:
            raise GenbaError("request.invalid", f"A session has at most {MOST} invitations.")
        now = self._clock.now()
        code = self._free_code()
        record = InvitationRecord(
            id=new_id(),
            session=session.id,
            group=session.group,
            code=code,
            name=name,
            slot=slot,
            created_at=now,
            expires=now + timedelta(minutes=minutes or self._minutes),
            ticket_expires=now + self._life,
        )
        self._all[record.id] = record
        self._codes[code] = record.id
        await self._folder.put(record.id, record)
        return record

    def of(self, session: str) -> list[InvitationRecord]:
        """Return a session's invitations that still let somebody in, the newest first."""
        now = self._clock.now()
        found = [
            one
            for one in self._all.values()
            if one.session == session and not one.revoked and one.expires > now
        ]
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    async def join(self, text: str) -> InvitationRecord:
        """Return the invitation behind a code, its ticket good for hours from now.

        Raises ``invitation.unknown`` for one that is wrong, too old or revoked, all alike, and
        ``session.ended``.
        """
        one = self._all.get(self._codes.get(digits(text), ""))
        now = self._clock.now()
        if one is None or one.revoked or one.expires <= now:
            raise GenbaError("invitation.unknown")
        if not self._is_running(one.session):
            raise GenbaError("session.ended")
        one.ticket_expires = now + self._life
        await self._folder.put(one.id, one)
        return one

    def check(self, text: str) -> None:
        """Raise what ``join`` would raise, and let nobody in."""
        one = self._all.get(self._codes.get(digits(text), ""))
        if one is None or one.revoked or one.expires <= self._clock.now():
            raise GenbaError("invitation.unknown")
        if not self._is_running(one.session):
            raise GenbaError("session.ended")

    async def revoke(self, session: str, invitation: str) -> None:
        """End an invitation and every ticket it gave; raises ``not_found``."""
        one = self._all.get(invitation)
        if one is None or one.session != session or one.revoked:
            raise GenbaError("not_found")
        one.revoked = True
        await self._folder.put(one.id, one)

    def is_revoked(self, ticket: str) -> bool:
        """Say whether the ticket of this id was of an invitation that is revoked."""
        one = self._all.get(ticket)
        return one is not None and one.revoked

    def _free_code(self) -> str:
        while True:
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
            if code not in self._codes:
                return code

    async def _sweep(self) -> None:
        now = self._clock.now()
        for one in list(self._all.values()):
            past = one.expires <= now and one.ticket_expires <= now
            if past or (one.expires <= now and not self._is_running(one.session)):
                del self._all[one.id]
                self._codes.pop(one.code, None)
                await self._folder.remove(one.id)

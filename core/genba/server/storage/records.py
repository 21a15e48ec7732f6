"""What the web process itself remembers. All times are UTC."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from genba.api import EndReason


class SessionRecord(BaseModel):
    """A row of the history: one supporter desk, from its opening to its end."""

    id: str
    group: str
    name: str
    started_at: datetime
    epoch: int = 1
    restarts: int = 0  # how often its process died and it came back
    ended_at: datetime | None = None
    reason: EndReason | None = None


class InvitationRecord(BaseModel):
    """Eight digits that let one terminal in. ``id`` is that of the camera's ticket too."""

    id: str
    session: str
    group: str
    code: str = Field(pattern=r"^\d{8}$", repr=False)
    name: str
    slot: int
    created_at: datetime
    expires: datetime  # of the code
    ticket_expires: datetime  # of the newest ticket that it gave
    revoked: bool = False


class SignInRecord(BaseModel):
    """One browser that is signed in; its cookie's value is stored as SHA-256 alone."""

    group: str
    created_at: datetime
    seen_at: datetime


class SignInBook(BaseModel):
    """Who is signed in, by SHA-256 of the cookie, and which sign-in links were used."""

    people: dict[str, SignInRecord] = Field(default_factory=dict)
    used: dict[str, datetime] = Field(default_factory=dict)  # until when to remember it

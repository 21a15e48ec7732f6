"""What a session that lost its process goes on with, under the next epoch.

The session says it whenever it changes; the web process keeps the newest and gives it back with
the next order. It holds no secret but what people typed: links are signed anew from their ids.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from genba.wire.state import Layout


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KeptSeat(_Kept):
    """A slot that is taken: its camera (the ticket's id) finds it again."""

    n: int
    camera: str
    name: str
    since: datetime
    last_picture: datetime | None = None


class KeptLink(_Kept):
    """A link that was handed out and is still good."""

    id: str
    purpose: str
    expires: datetime


class KeptPublication(_Kept):
    """A publication that runs; its publisher is asked again and gets the same links."""

    id: str
    kind: str
    since: datetime
    text: str = Field(default="", repr=False)
    options: dict[str, str] = Field(default_factory=dict, repr=False)
    links: tuple[KeptLink, ...] = ()


class KeptTake(_Kept):
    """A recording that runs."""

    id: str
    since: datetime


class Resume(_Kept):
    """All of it."""

    layout: Layout = Layout()
    seats: tuple[KeptSeat, ...] = ()
    publications: tuple[KeptPublication, ...] = ()
    take: KeptTake | None = None

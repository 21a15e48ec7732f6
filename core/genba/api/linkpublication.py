"""A publication that is one link, for publishers whose guests or meetings open a page of ours."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from genba.api.errors import PublishError
from genba.api.publisher import Field, PublicationState

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime

    from genba.api.events import EndReason
    from genba.api.publisher import Destination, Link, View

LONGEST = 24 * 60  # minutes

# A plugin that uses it has texts for `minutes` (the label) and `minutes.wrong` in its locales.
MINUTES = Field("minutes", "minutes", "minutes", "60", ("30", "60", "240", str(LONGEST)))


def lifetime(destination: Destination) -> timedelta:
    """Return the asked lifetime of a link: the form's choice, or any whole 1 to 1440 minutes.

    Raises PublishError ``request.invalid`` for anything else.
    """
    text = destination.options.get(MINUTES.name) or MINUTES.default
    minutes = int(text) if text.isascii() and text.isdigit() and len(text) <= len("1440") else 0
    if not 1 <= minutes <= LONGEST:
        raise PublishError("request.invalid", "minutes.wrong")
    return timedelta(minutes=minutes)


class LinkPublication:
    """What is true of one link, in a publication's words; read on the event loop.

    It waits until a viewer shows frames, is on air for as long as one does, and waits again
    after that: nobody looking is not the end. Revoked or expired it has ended for good.
    """

    def __init__(self, link: Link, *, join_url: str | None, meeting_url: str | None) -> None:
        """Show ``link`` to guests (``join_url``) or in a meeting (``meeting_url``), or both."""
        self._link = link
        self._over = False
        self.join_url = join_url
        self.meeting_url = meeting_url
        self.share_url: str | None = f"{link.url}?clean=1"

    @property
    def expires(self) -> datetime:
        """When the link ends by itself; UTC."""
        return self._link.expires

    @property
    def state(self) -> PublicationState:
        """What is true now."""
        if self._over:
            return PublicationState.ENDED
        return PublicationState.ON_AIR if self._link.shown else PublicationState.WAITING

    @property
    def viewers(self) -> int:
        """How many are connected by the link now."""
        return 0 if self._over else self._link.viewers

    async def wait_ended(self) -> EndReason:
        """Return once the link is revoked or expired."""
        reason = await self._link.wait_ended()
        self._over = True
        return reason

    def end(self) -> None:
        """Revoke the link; its viewers are disconnected."""
        self._over = True
        self._link.revoke()


@asynccontextmanager
async def link_publication(
    view: View, kind: str, destination: Destination, *, meeting_url: str | None = None
) -> AsyncGenerator[LinkPublication, None]:
    """Make a link of ``view`` for a publisher's ``kind``; leaving the block revokes it.

    Without a meeting the link itself is what people open (``join_url``). Either way
    ``share_url`` is its share-ready form. Raises PublishError for a lifetime that cannot be.
    """
    link = view.link(kind, lifetime(destination))
    publication = LinkPublication(
        link, join_url=None if meeting_url else link.url, meeting_url=meeting_url
    )
    try:
        yield publication
    finally:
        publication.end()

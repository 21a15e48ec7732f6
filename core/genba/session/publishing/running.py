"""One publication, from being asked for to its end."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING

from genba.api import EndReason, PublicationState, PublishError
from genba.errors import GenbaError
from genba.wire.resume import KeptLink, KeptPublication
from genba.wire.state import PublicationInfo

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from genba.api import Destination, Publication, Publisher
    from genba.session.publishing.link import SessionLink
    from genba.session.publishing.ownview import OwnView

log = logging.getLogger(__name__)

# Said where a plugin broke without saying why: a key of the house's own texts.
BROKE = "error.publication.failed.title"


class Running:
    """Guards one ``Publisher.publish`` in a task of its own; on the event loop.

    Whatever the plugin does shows in ``info`` and goes no further. ``changed`` is called when
    its state has.
    """

    def __init__(
        self,
        publisher: Publisher,
        destination: Destination,
        since: datetime,
        changed: Callable[[], None],
        *,
        name: str = "",
    ) -> None:
        """Prepare; ``since`` is UTC, ``name`` the id of one that an earlier epoch ran."""
        self.id = name or secrets.token_urlsafe(12)
        self.ended = asyncio.Event()
        self.entered = asyncio.Event()  # it runs, or has ended before it could
        self._publisher = publisher
        self._destination = destination
        self._links: list[SessionLink] = []
        self._changed = changed
        self._publication: Publication | None = None
        self._stop = asyncio.Event()
        self._reason = EndReason.STOPPED
        self._info = PublicationInfo(
            id=self.id,
            kind=publisher.info.kind,
            state=PublicationState.PREPARING.value,
            since=since,
        )

    def info(self) -> PublicationInfo:
        """Return what is true now; a publication that cannot even be read is ended."""
        publication = self._publication
        if publication is not None:
            try:
                self._info = self._read(publication)
            except Exception:
                log.exception("a publication of %s cannot be read", self._info.kind)
                self._publication = None
                self._info = self._info.model_copy(update={"error": BROKE})
                self.stop(EndReason.FAILED)
        return self._info

    def stop(self, reason: EndReason) -> None:
        """Have it end soon; the first reason stays."""
        if not self._stop.is_set():
            self._reason = reason
            self._stop.set()

    def gone(self) -> None:
        """Hear that its task is done, which may have been cancelled before its first step."""
        if not self.ended.is_set():
            self._over(self._reason, None)

    def kept(self) -> KeptPublication:
        """Return what the next epoch needs to go on with it."""
        links = [one for one in self._links if one.reason is None]
        return KeptPublication(
            id=self.id,
            kind=self._info.kind,
            since=self._info.since,
            text=self._destination.text,
            options=dict(self._destination.options),
            links=tuple(KeptLink(id=o.id, purpose=o.purpose, expires=o.expires) for o in links),
        )

    async def run(self, view: OwnView) -> None:
        """Publish until it ends by itself, breaks, or is stopped."""
        self._links = view.made
        error: str | None = None
        reason = EndReason.FAILED
        try:
            async with self._publisher.publish(view, self._destination) as publication:
                self._publication = publication
                view.let_go()
                self.entered.set()
                self._changed()
                reason = await self._until_ended(publication)
        except PublishError as refusal:
            log.info("publishing by %s failed: %s", self._info.kind, refusal.code)
            error, reason = refusal.text, EndReason.FAILED
        except GenbaError as refusal:
            log.info("publishing by %s failed: %s", self._info.kind, refusal)
            error, reason = f"error.{refusal.code}.title", EndReason.FAILED
        except asyncio.CancelledError:
            reason = self._reason
            raise
        except Exception:
            log.exception("publishing by %s broke", self._info.kind)
            error, reason = BROKE, EndReason.FAILED
        finally:
            view.let_go()
            self._over(reason, error)

    async def _until_ended(self, publication: Publication) -> EndReason:
        by_itself = asyncio.create_task(publication.wait_ended(), name=f"publication:{self.id}:end")
        stopped = asyncio.create_task(self._stop.wait(), name=f"publication:{self.id}:stop")
        try:
            await asyncio.wait((by_itself, stopped), return_when=asyncio.FIRST_COMPLETED)
            return await by_itself if by_itself.done() else self._reason
        finally:
            for task in (by_itself, stopped):
                task.cancel()
            await asyncio.gather(by_itself, stopped, return_exceptions=True)

    def _read(self, publication: Publication) -> PublicationInfo:
        return PublicationInfo(
            id=self.id,
            kind=self._info.kind,
            state=PublicationState(publication.state).value,
            viewers=publication.viewers,
            since=self._info.since,
            expires=getattr(publication, "expires", None),
            join_url=publication.join_url,
            meeting_url=publication.meeting_url,
            share_url=publication.share_url,
            error=self._info.error,
        )

    def _over(self, reason: EndReason, error: str | None) -> None:
        """Keep what screens may still say of it; its addresses are no use any more."""
        self._publication = None
        self._info = PublicationInfo(
            id=self.id,
            kind=self._info.kind,
            state=PublicationState.ENDED.value,
            since=self._info.since,
            expires=self._info.expires,
            error=error or self._info.error,
            reason=reason.value,
        )
        self.entered.set()
        self.ended.set()
        self._changed()

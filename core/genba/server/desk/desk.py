"""Every session that runs, and the history of those that have."""

from __future__ import annotations

import asyncio
import functools
import logging
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from pydantic import ValidationError
from structlog.contextvars import bind_contextvars

from genba.api import CameraInfo, EndReason, RecordingInfo, SessionInfo
from genba.clock import jst
from genba.errors import GenbaError
from genba.server.desk import answer
from genba.server.desk.doors import Doors
from genba.server.desk.keeper import Keeper
from genba.server.desk.orders import NOBODYS, Orders
from genba.server.desk.returning import Returning, claim, shut_out, sweep
from genba.server.desk.totals import Totals
from genba.server.desk.watcher import Watcher
from genba.server.identity.actor import GROUP
from genba.server.storage.folder import Folder
from genba.server.storage.ids import new_id
from genba.server.storage.records import SessionRecord
from genba.wire import event as e
from genba.wire.command import EndSession

if TYPE_CHECKING:
    from genba.clock import Clock
    from genba.placement import Placement
    from genba.plugins import Plugins
    from genba.server.desk.teller import Teller
    from genba.server.storage.media import MediaStore
    from genba.settings import Settings
    from genba.wire.command import Command
    from genba.wire.event import Event
    from genba.wire.order import Order
    from genba.wire.resume import Resume
    from genba.wire.state import SessionState

log = logging.getLogger(__name__)
NAME_LIMIT = 60
GOODBYE = 3.0  # seconds that the rows of sessions that just ended get when the server stops
FAREWELL = 10.0  # seconds that a session may take to say its last word
_NAME = {"ja": "支援 {0:%m/%d %H:%M}", "en": "Session {0:%m/%d %H:%M}"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(slots=True, eq=False)
class _Live:
    record: SessionRecord
    state: SessionState | None = None
    asked: EndReason | None = None  # why this process asked it to end
    watching: asyncio.Task[None] | None = None
    goodbye: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Desk:
    """On the event loop. Async context manager: entering attaches to what already runs."""

    def __init__(
        self,
        settings: Settings,
        placement: Placement,
        clock: Clock,
        plugins: Plugins,
        *,
        teller: Teller,
        media: MediaStore,
    ) -> None:
        """Take what the desk works with; ``orders`` is set before entering."""
        self._placement = placement
        self._clock = clock
        self._plugins = plugins
        self._teller = teller
        self._media = media
        self._language = settings.server.language
        self._most = settings.server.max_sessions
        self._data = settings.data.dir
        self.doors = Doors(placement)
        self._keeper = Keeper(settings.data.dir, clock)
        self._returning = Returning(placement, clock, self._order, self._store)
        self._history = Folder(settings.data.dir / "sessions", SessionRecord)
        self._records: dict[str, SessionRecord] = {}
        self._live: dict[str, _Live] = {}
        self._opening = 0
        self.totals = Totals()
        self.orders: Orders

    async def __aenter__(self) -> Self:
        """Read the history, attach to running sessions, close the rows of those that are gone."""
        self._records = await self._history.all()
        await self._keeper.__aenter__()
        running = dict(await self._placement.running())
        for session, epoch in running.items():
            record = self._records.get(session) or await self._recall(session, epoch)
            if record is not None:
                self._watch(record)
        for record in self._records.values():
            if record.ended_at is None and record.id not in self._live:
                if self._keeper.wanted(record.id):
                    self._watch(record, gone=True)
                else:
                    await self._close(record, EndReason.FAILED)
        await asyncio.to_thread(sweep, self._data, frozenset(self._live))
        self._settling = asyncio.create_task(self._settle(), name="desk:settle")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Stop listening; the sessions themselves are the placement's."""
        tasks = [live.watching for live in self._live.values() if live.watching is not None]
        ending = [live.watching for live in self._live.values() if live.goodbye and live.watching]
        if ending:  # their rows are being closed
            await asyncio.wait(ending, timeout=GOODBYE)
        for task in tasks:
            task.cancel()
        self._settling.cancel()
        await asyncio.gather(self._settling, *tasks, return_exceptions=True)
        self._live.clear()
        await self._keeper.__aexit__()

    async def open(self, name: str = "") -> SessionRecord:
        """Open a session; raises ``session.limit`` and whatever its parts refuse."""
        if len(self._live) + self._opening >= self._most:
            raise GenbaError("session.limit")
        now = self._clock.now()
        record = SessionRecord(
            id=new_id(), group=GROUP, name=self._named(name), started_at=now, epoch=1
        )
        self._opening += 1
        try:
            order = self.orders.order(record)
            await asyncio.to_thread(claim, order)
            await self._placement.open(order)
        finally:
            self._opening -= 1
        self._records[record.id] = record
        self._watch(record)
        await self._history.put(record.id, record)
        self._teller.say(lambda: self._plugins.session_started(_info(record)))
        return record

    def find(self, session: str) -> SessionRecord | None:
        """Return the row of a session that runs or ran, or None."""
        return self._records.get(session)

    def ended(self, session: str) -> bool:
        """Say whether a session does not run: it has ended, or never was."""
        return session not in self._live

    def running(self) -> list[SessionRecord]:
        """Return the sessions that run, the newest first."""
        found = [live.record for live in self._live.values()]
        return sorted(found, key=lambda record: record.started_at, reverse=True)

    def history(self) -> list[SessionRecord]:
        """Return every session there was, the newest first."""
        return sorted(self._records.values(), key=lambda r: r.started_at, reverse=True)

    def state(self, session: str) -> SessionState | None:
        """Return the newest state that the session told, or None while there is none."""
        live = self._live.get(session)
        return live.state if live is not None else None

    async def fresh(self, session: str) -> SessionState | None:
        """Ask for the state now; None once the session has ended.

        From a session that does not answer, as while it ends, what it told last.
        """
        live = self._live.get(session)
        if live is None:
            return None
        if self.is_returning(session):
            return live.state
        try:
            return await answer.state(self.doors, session)
        except GenbaError:
            if live.state is None:
                raise
            return live.state

    async def command(self, session: str, what: Command) -> dict[str, Any]:
        """Have it carried out; raises ``session.ended`` and what the session answers."""
        if session not in self._live:
            raise GenbaError("session.ended")
        return await answer.command(self.doors, session, what)

    async def end(self, session: str) -> None:
        """End a session, its recording finished first; return once its row is closed."""
        live = self._live.get(session)
        if live is None:
            raise GenbaError("session.ended")
        live.asked = EndReason.STOPPED
        try:
            await answer.command(self.doors, session, EndSession())
            async with asyncio.timeout(FAREWELL):
                await live.over.wait()
        except (GenbaError, TimeoutError) as error:
            log.warning("session %s does not end by itself: %r", session, error)
            await self._placement.close(session)
            await live.over.wait()

    async def _recall(self, session: str, epoch: int) -> SessionRecord | None:
        """Make up the row of a running session that the history does not know."""
        try:
            self.doors.open(session)
            order = await answer.facts(self.doors, session, "/order")
            if order.get("group") == NOBODYS:  # tests of an earlier web process
                self.doors.remove(session)
                await self._placement.close(session)
                return None
            record = SessionRecord.model_validate(
                {name: order.get(name) for name in ("group", "name", "started_at")}
                | {"id": session, "epoch": epoch}
            )
        except (GenbaError, ValidationError) as error:
            log.warning("session %s runs, but does not say what it is: %s", session, error)
            self.doors.remove(session)
            return None
        await self._history.put(session, record)
        self._records[session] = record
        return record

    def is_returning(self, session: str) -> bool:
        """Say whether a session's process died and another is on its way."""
        return self.doors.is_shut(session)

    def _order(self, record: SessionRecord, resume: Resume | None) -> Order:
        return self.orders.order(record, resume)

    async def _store(self, record: SessionRecord) -> None:
        await self._history.put(record.id, record)

    def _watch(self, record: SessionRecord, *, gone: bool = False) -> None:
        """Follow a session; ``gone``: its process has died while nobody looked."""
        live = self._live[record.id] = _Live(record)
        if gone:
            self.doors.shut(record.id)
        else:
            self.doors.open(record.id)
        live.watching = asyncio.create_task(self._follow(live, gone=gone), name=f"desk:{record.id}")

    async def _follow(self, live: _Live, *, gone: bool) -> None:
        session = live.record.id
        bind_contextvars(session=session)
        said = None if gone else await self._listen(live)
        while said is None and await self._bring_back(live):
            said = await self._listen(live)
        reason = said or live.asked or EndReason.FAILED
        await self._close(live.record, reason)
        self._live.pop(session, None)
        self.doors.remove(session)
        self._keeper.forget(session)
        self._returning.forget(session)
        await asyncio.to_thread(shut_out, self._data, session)
        self.totals.ended(session)
        live.over.set()
        await self._settle(session)
        self._teller.say(lambda: self._plugins.session_ended(_info(live.record), reason))

    async def _listen(self, live: _Live) -> EndReason | None:
        """Return why a session has ended, or None where its process died."""
        session = live.record.id
        watcher = Watcher(self._placement, session, lambda event: self._heard(live, event))
        try:
            return await watcher.run()
        except Exception:
            log.exception("session %s can not be followed any more", session)
            await self._placement.close(session)
        return None

    async def _bring_back(self, live: _Live) -> bool:
        """Have a session that nobody ended come back; False where it stays gone."""
        session = live.record.id
        self.doors.shut(session)
        if live.asked is not None or live.goodbye:
            return False
        if self._returning.again_and_again(session):
            log.error("session %s dies again and again, and is ended", session)
            return False
        resume = self._keeper.find(session)
        back = await self._returning.bring_back(live.record, resume, lambda: live.asked is None)
        if back:
            self.doors.open(session)
        return back

    async def _settle(self, session: str = "") -> None:
        """Finish recordings that a session (or an earlier server) has left unfinished."""
        try:
            settled = await self._media.settle(self._live)
        except OSError:
            log.exception("recordings of %s could not be settled", session or "earlier sessions")
            return
        for one in settled:
            stored = RecordingInfo(one.id, one.session, one.seconds, one.size, one.started_at)
            self._teller.say(functools.partial(self._plugins.recording_stored, stored))

    async def _close(self, record: SessionRecord, reason: EndReason) -> None:
        record.ended_at = self._clock.now()
        record.reason = reason
        log.info("session %s ended: %s", record.id, reason)
        try:
            await self._history.put(record.id, record)
        except OSError:
            log.exception("the history of session %s could not be written", record.id)

    def _heard(self, live: _Live, event: Event) -> None:
        plugins, info = self._plugins, _info(live.record)
        match event:
            case e.StateChanged() if event.state.epoch != live.record.epoch:
                log.error("session %s: epoch %d still speaks", info.id, event.state.epoch)
            case e.StateChanged():
                live.state = event.state
                self._keeper.alive(info.id)
                self.totals.see(event.state)
            case e.ResumeChanged():
                self._keeper.keep(info.id, event.resume)
            case e.CameraJoined():
                camera = CameraInfo(event.camera, event.slot, event.name)
                self._teller.say(lambda: plugins.camera_joined(info, camera))
            case e.CameraLeft():
                camera = CameraInfo(event.camera, event.slot, event.name)
                reason = event.reason
                self._teller.say(lambda: plugins.camera_left(info, camera, reason))
            case e.RecordingStored():
                stored = RecordingInfo(
                    event.id, info.id, event.seconds, event.size, event.started_at
                )
                self._teller.say(lambda: plugins.recording_stored(stored))
            case e.SessionEnded():
                log.info("session %s says goodbye", info.id)
                live.goodbye = True

    def _named(self, name: str) -> str:
        clean = _CONTROL.sub(" ", name).strip()[:NAME_LIMIT]
        return clean or _NAME[self._language].format(jst(self._clock.now()))


def _info(record: SessionRecord) -> SessionInfo:
    return SessionInfo(record.id, record.group, record.name, record.started_at)

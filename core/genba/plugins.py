"""Finds plugins and calls hooks with types; nobody else touches pluggy's manager."""

from __future__ import annotations

import asyncio
import inspect
import logging
import re
import time
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from genba import pluginrules as rules
from genba.api import PluginUnavailableError, hookspecs
from genba.settings import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from aiohttp import web

    from genba.api import (
        CameraInfo,
        Check,
        EndReason,
        Job,
        Publisher,
        RecordingInfo,
        SessionInfo,
        Setting,
    )

log = logging.getLogger(__name__)
PATIENCE = 5.0  # seconds that a told plugin gets
GRACE = 0.5  # seconds that it gets to obey its cancellation
HOLD = 0.1  # seconds that a plain function may hold the event loop without being named in the log
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
# What foreign code may raise at us; SystemExit, since a plugin is no reason to stop.
_ANYTHING = (Exception, SystemExit)


@dataclass
class Plugins:
    """The loaded plugins by name, and ``broken``: the name of each other one with the reason.

    A hook that asks is called on the caller's thread, each plugin alone; one that raises or
    answers something else than its spec says is dropped by name and the others serve on.
    """

    broken: dict[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    modules: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make an empty manager."""
        self._manager = pluggy.PluginManager(hookspecs.NAME)
        self._manager.add_hookspecs(hookspecs)
        self._stuck: set[asyncio.Task[None]] = set()

    def load(self, off: Iterable[str] = (), found: Iterable[EntryPoint] | None = None) -> None:
        """Load each entry point alone, so that one bad plugin cannot stop the service.

        ``found`` None takes those of all installed distributions. One that is ``off`` is not
        even imported.
        """
        found = entry_points(group=hookspecs.NAME) if found is None else found
        off = set(off)
        taken: dict[str, str] = {}
        for entry in sorted(found, key=lambda e: (e.name, e.value)):
            if entry.name in off:
                continue
            if taken.setdefault(entry.name, entry.value) != entry.value:
                self._note(f"{entry.name} ({entry.value})", "the name is taken")
            elif entry.name not in self.modules:
                self._load(entry)

    def _load(self, entry: EntryPoint) -> None:
        try:
            if not _NAME.fullmatch(entry.name) or entry.name in SECTIONS:
                raise PluginUnavailableError("this name cannot be a plugin's")
            module = entry.load()
            self._manager.register(module, name=entry.name)
            self._manager.check_pending()
            rules.check_marks(module, hookspecs.NAME)
            for hook in self._manager.get_hookcallers(module) or ():
                for impl in hook.get_hookimpls():
                    if impl.plugin_name == entry.name:
                        rules.check_hook(impl)
        except _ANYTHING as error:
            self._drop(entry.name, error)
        else:
            self.modules[entry.name] = module

    def _drop(self, name: str, error: BaseException) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.modules.pop(name, None)
        if isinstance(error, PluginUnavailableError):
            self._note(name, str(error))
        else:
            self._note(name, f"{type(error).__name__}: {error}", error)

    def _note(self, name: str, reason: str, error: BaseException | None = None) -> None:
        self.broken[name] = reason
        log.warning("plugin %s is off: %s", name, reason, exc_info=error)

    def _ask(
        self,
        hook: pluggy.HookCaller,
        rule: Callable[[Any], None],
        settings: Callable[[str], Mapping[str, object]] | None = None,
        key: Callable[[Any], str] | None = None,
    ) -> dict[str, list[Any]]:
        """Ask each plugin alone; one that fails or breaks the rule is dropped by name.

        With ``key`` no two things may have the same: the plugin whose name comes later loses.
        """
        answers: dict[str, list[Any]] = {}
        keys: set[str] = set()
        for impl in sorted(hook.get_hookimpls(), key=lambda impl: impl.plugin_name):
            try:
                given = [settings(impl.plugin_name)] if settings and impl.argnames else []
                answer = rules.listed(hook.name, impl.function(*given))
                for one in answer:
                    rule(one)
                keys |= rules.new(keys, [key(one) for one in answer] if key else [])
            except _ANYTHING as error:
                self._drop(impl.plugin_name, error)
            else:
                answers[impl.plugin_name] = answer
        return answers

    def settings(self) -> dict[str, list[Setting]]:
        """Return what each plugin adds to the table of settings."""
        return self._ask(self._manager.hook.genba_settings, rules.check_setting)

    def publishers(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, Publisher]:
        """Return the publishers by kind; ``settings`` gives those of a plugin by its name."""
        answers = self.publishers_by_plugin(settings)
        return {p.info.kind: p for some in answers.values() for p in some}

    def publishers_by_plugin(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[Publisher]]:
        """Return the publishers with the name of the plugin that brings them.

        No two have the same kind: the second plugin that brings it is dropped.
        """
        return self._ask(
            self._manager.hook.genba_publishers,
            rules.check_publisher,
            settings,
            key=lambda publisher: str(publisher.info.kind),
        )

    def routes(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[web.AbstractRouteDef]]:
        """Return each plugin's routes, as the plugin wrote them."""
        return self._ask(self._manager.hook.genba_routes, rules.check_route, settings)

    def frame_ancestors(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[str]]:
        """Return who may frame each plugin's own pages: origins, safe to stand in a header."""
        return self._ask(self._manager.hook.genba_frame_ancestors, rules.check_origin, settings)

    def jobs(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, list[Job]]:
        """Return each plugin's jobs."""
        return self._ask(self._manager.hook.genba_jobs, rules.check_job, settings)

    def checks(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, list[Check]]:
        """Return each plugin's checks."""
        return self._ask(self._manager.hook.genba_checks, rules.check_check, settings)

    async def session_started(self, session: SessionInfo) -> None:
        """Tell every plugin that a session has opened."""
        await self._tell(self._manager.hook.genba_session_started, session=session)

    async def session_ended(self, session: SessionInfo, reason: EndReason) -> None:
        """Tell every plugin that a session has ended."""
        await self._tell(self._manager.hook.genba_session_ended, session=session, reason=reason)

    async def camera_joined(self, session: SessionInfo, camera: CameraInfo) -> None:
        """Tell every plugin that a camera's first picture is there."""
        await self._tell(self._manager.hook.genba_camera_joined, session=session, camera=camera)

    async def camera_left(
        self, session: SessionInfo, camera: CameraInfo, reason: EndReason
    ) -> None:
        """Tell every plugin that a camera's link has ended."""
        await self._tell(
            self._manager.hook.genba_camera_left, session=session, camera=camera, reason=reason
        )

    async def recording_stored(self, recording: RecordingInfo) -> None:
        """Tell every plugin that an MP4 is ready."""
        await self._tell(self._manager.hook.genba_recording_stored, recording=recording)

    async def _tell(self, hook: pluggy.HookCaller, **facts: object) -> None:
        """Call each listener in a task of its own: none can silence or delay another.

        Returns when all have heard, or ``patience`` later; never raises.
        """
        tasks = {
            asyncio.create_task(_hear(listener, facts), name=f"{hook.name}:{listener.plugin_name}")
            for listener in hook.get_hookimpls()
        }
        if not tasks:
            return
        try:
            _, late = await asyncio.wait(tasks, timeout=self.patience)
        finally:
            for task in tasks:
                task.cancel()
        for task in late:
            log.error("plugin %s took too long", task.get_name())
        await self._leave(late)

    async def _leave(self, late: set[asyncio.Task[None]]) -> None:
        """Wait for the cancelled; one that does not obey is left behind, but not forgotten."""
        if not late:
            return
        _, stuck = await asyncio.wait(late, timeout=GRACE)
        for task in stuck:
            log.error("plugin %s does not stop", task.get_name())
            self._stuck.add(task)
            task.add_done_callback(self._stuck.discard)


async def _hear(listener: pluggy.HookImpl, facts: Mapping[str, object]) -> None:
    where = listener.plugin_name, listener.function.__name__
    started = time.monotonic()
    try:
        answer = listener.function(*(facts[name] for name in listener.argnames))
        held = time.monotonic() - started
        if held > HOLD:
            log.warning("plugin %s held the event loop for %.1f s in %s", where[0], held, where[1])
        if inspect.isawaitable(answer):
            await answer
    except _ANYTHING:
        log.exception("plugin %s failed in %s", *where)

"""Finds plugins and calls hooks with types; nobody else touches pluggy's manager."""

from __future__ import annotations

import asyncio
import inspect
import logging
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pluggy

from genba.api import PluginUnavailableError, hookspecs

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


@dataclass
class Plugins:
    """The loaded plugins by name, and ``broken``: the name of each other one with the reason."""

    broken: dict[str, str] = field(default_factory=dict)
    patience: float = PATIENCE
    modules: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make an empty manager."""
        self._manager = pluggy.PluginManager(hookspecs.NAME)
        self._manager.add_hookspecs(hookspecs)

    def load(self, off: Iterable[str] = (), found: Iterable[EntryPoint] | None = None) -> None:
        """Load each entry point alone, so that one bad plugin cannot stop the service."""
        found = entry_points(group=hookspecs.NAME) if found is None else found
        off = set(off)
        for entry in sorted(found, key=lambda e: e.name):
            if entry.name in off or entry.name in self.modules:
                continue
            try:
                module = entry.load()
                self._manager.register(module, name=entry.name)
                self._check(entry.name)
            except Exception as error:  # noqa: BLE001 (a plugin may raise anything at import)
                self._drop(entry.name, error)
            else:
                self.modules[entry.name] = module

    def _check(self, name: str) -> None:
        """Refuse hooks that no spec names, and async ones where objects are returned."""
        self._manager.check_pending()
        for hook in self._manager.get_hookcallers(self._manager.get_plugin(name)) or ():
            for impl in hook.get_hookimpls():
                told = "Awaitable" in str(inspect.signature(getattr(hookspecs, hook.name)))
                if (
                    impl.plugin_name == name
                    and not told
                    and inspect.iscoroutinefunction(impl.function)
                ):
                    raise PluginUnavailableError(f"{hook.name} must not be async")

    def _drop(self, name: str, error: Exception) -> None:
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self.modules.pop(name, None)
        self.broken[name] = f"{type(error).__name__}: {error}"
        log.warning("plugin %s is off: %s", name, self.broken[name])

    def _ask(
        self, hook: pluggy.HookCaller, settings: Callable[[str], Mapping[str, object]] | None = None
    ) -> dict[str, list[Any]]:
        """Ask each plugin alone; one that fails or answers no list is dropped by name."""
        answers: dict[str, list[Any]] = {}
        for impl in hook.get_hookimpls():
            try:
                given = [settings(impl.plugin_name)] if settings and impl.argnames else []
                answer = impl.function(*given)
                if not isinstance(answer, list):
                    what = type(answer).__name__
                    raise PluginUnavailableError(f"{hook.name} returned {what}, not a list")  # noqa: TRY301
            except Exception as error:  # noqa: BLE001 (plugins raise what they like)
                self._drop(impl.plugin_name, error)
            else:
                answers[impl.plugin_name] = answer
        return answers

    def settings(self) -> dict[str, list[Setting]]:
        """Return what each plugin adds to the table of settings."""
        return self._ask(self._manager.hook.genba_settings)

    def publishers(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, Publisher]:
        """Return the publishers by kind; ``settings`` gives those of a plugin by its name."""
        answers = self._ask(self._manager.hook.genba_publishers, settings)
        return {p.info.kind: p for some in answers.values() for p in some}

    def publishers_by_plugin(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[Publisher]]:
        """Return the publishers with the name of the plugin that brings them."""
        return self._ask(self._manager.hook.genba_publishers, settings)

    def routes(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[web.AbstractRouteDef]]:
        """Return each plugin's routes, as the plugin wrote them."""
        return self._ask(self._manager.hook.genba_routes, settings)

    def frame_ancestors(
        self, settings: Callable[[str], Mapping[str, object]]
    ) -> dict[str, list[str]]:
        """Return who may frame each plugin's own pages."""
        return self._ask(self._manager.hook.genba_frame_ancestors, settings)

    def jobs(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, list[Job]]:
        """Return each plugin's jobs."""
        return self._ask(self._manager.hook.genba_jobs, settings)

    def checks(self, settings: Callable[[str], Mapping[str, object]]) -> dict[str, list[Check]]:
        """Return each plugin's checks."""
        return self._ask(self._manager.hook.genba_checks, settings)

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
        """Call each listener in a task of its own: none can silence or delay another."""

        async def tell(listener: pluggy.HookImpl) -> None:
            try:
                async with asyncio.timeout(self.patience):
                    answer = listener.function(*(facts[name] for name in listener.argnames))
                    if inspect.isawaitable(answer):
                        await answer
            except Exception:
                log.exception("plugin %s failed in %s", listener.plugin_name, hook.name)

        async with asyncio.TaskGroup() as group:
            for listener in hook.get_hookimpls():
                group.create_task(tell(listener), name=f"{hook.name}:{listener.plugin_name}")

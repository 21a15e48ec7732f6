"""What a plugin's hooks and answers must be; each rule raises PluginUnavailableError."""

from __future__ import annotations

import inspect
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web

from genba.api import Check, Job, PluginUnavailableError, PublisherInfo, Setting, hookspecs

if TYPE_CHECKING:
    import pluggy

_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}")
# A scheme, a host that may begin with a wildcard label, a port; nothing that ends a CSP's source.
_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]{1,5})?")


def check_marks(plugin: object, prefix: str) -> None:
    """Refuse a function that is named like a hook and not marked as one: it never would run."""
    for name in dir(plugin):
        function = getattr(plugin, name)
        if (
            name.startswith(f"{prefix}_")
            and inspect.isroutine(function)
            and not hasattr(function, f"{prefix}_impl")
        ):
            raise PluginUnavailableError(f"{name} is not marked with @hookimpl")


def check_hook(impl: pluggy.HookImpl) -> None:
    """Refuse wrappers, and coroutines where objects are returned."""
    name = impl.opts.get("specname") or impl.function.__name__
    if impl.hookwrapper or impl.wrapper:
        raise PluginUnavailableError(f"{name} must not be a wrapper")
    told = "Awaitable" in inspect.get_annotations(getattr(hookspecs, name))["return"]
    if not told and inspect.iscoroutinefunction(impl.function):
        raise PluginUnavailableError(f"{name} must not be async")


def listed(hook: str, answer: object) -> list[Any]:
    """Return the answer of a hook that asks, which must be a list."""
    if inspect.iscoroutine(answer):
        answer.close()  # nobody will await it
    if not isinstance(answer, list):
        raise PluginUnavailableError(f"{hook} returned {type(answer).__name__}, not a list")
    return answer


def new(taken: set[str], keys: list[str]) -> set[str]:
    """Return the keys of one plugin; one that is there already refuses the plugin."""
    for n, key in enumerate(keys):
        if key in taken or key in keys[:n]:
            raise PluginUnavailableError(f"{key} is there already")
    return set(keys)


def check_setting(thing: object) -> None:
    """Want a Setting with a name that files and the environment can say."""
    if not isinstance(thing, Setting) or not _WORD.fullmatch(thing.name):
        raise PluginUnavailableError("genba_settings: not a Setting with a plain name")


def check_publisher(thing: Any) -> None:
    """Want a Publisher: what it is named, and two plain functions."""
    info = thing.info
    if not isinstance(info, PublisherInfo) or not _WORD.fullmatch(info.kind):
        raise PluginUnavailableError("genba_publishers: not a PublisherInfo with a plain kind")
    for name in ("recognises", "publish"):
        function = getattr(thing, name, None)
        if not callable(function) or inspect.iscoroutinefunction(function):
            raise PluginUnavailableError(
                f"genba_publishers: {info.kind}.{name} is no plain function"
            )


def check_route(thing: object) -> None:
    """Want a route of aiohttp; whether it can be mounted, its server says."""
    if not isinstance(thing, web.AbstractRouteDef):
        raise PluginUnavailableError("genba_routes: not a route")


def check_origin(thing: object) -> None:
    """Want an origin, such as ``https://*.example.com``."""
    if not isinstance(thing, str) or not _ORIGIN.fullmatch(thing):
        raise PluginUnavailableError("genba_frame_ancestors: not an origin")


def check_job(thing: object) -> None:
    """Want a Job that comes round after some time."""
    if not isinstance(thing, Job) or thing.every <= timedelta(0):
        raise PluginUnavailableError("genba_jobs: not a Job with a time")


def check_check(thing: object) -> None:
    """Want a Check."""
    if not isinstance(thing, Check):
        raise PluginUnavailableError("genba_checks: not a Check")

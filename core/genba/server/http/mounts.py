"""Plugins' routes, pages and files in the house's tree."""

from __future__ import annotations

import inspect
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from genba.server.http.origin import SAFE
from genba.server.http.route import Route
from genba.server.http.static import StaticFolder
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from genba.plugins import Plugins
    from genba.settings import Settings

log = logging.getLogger(__name__)
LINK = "/v/{ticket}"  # the page behind a link; one plugin may claim it


def folders(plugins: Plugins) -> dict[str, Path]:
    """Return each plugin's package folder; one that is a single module brings no files."""
    found = {}
    for name, thing in plugins.modules.items():
        module = thing if inspect.ismodule(thing) else inspect.getmodule(type(thing))
        package = getattr(module, "__package__", None) or ""
        home = sys.modules.get(package)
        file = getattr(home, "__file__", None)
        if file is not None and hasattr(home, "__path__"):
            found[name] = Path(file).parent
    return found


def routes(plugins: Plugins, settings: Settings) -> list[Route]:
    """Return the rows for every plugin's routes; a plugin with an unusable one is named broken.

    What a plugin shows by GET is open, since it can show nothing but itself and what a ticket
    opens; anything else asks for a person who is signed in.
    """
    ancestors = plugins.frame_ancestors(settings.of_plugin)
    found: list[Route] = []
    claimed = ""
    for name, some in plugins.routes(settings.of_plugin).items():
        mine: list[Route] = []
        try:
            for one in some:
                row = _row(name, one, tuple(ancestors.get(name, ())))
                if row.path == LINK and claimed:
                    raise ValueError(f"{LINK} is claimed by plugin {claimed}")  # noqa: TRY301
                mine.append(row)
        except (TypeError, ValueError) as error:
            plugins.broken[name] = f"{type(error).__name__}: {error}"
            log.warning("plugin %s: its routes are off: %s", name, error)
            continue
        claimed = name if any(row.path == LINK for row in mine) else claimed
        found += mine
    return found


def static_folders(plugins: Plugins) -> dict[str, StaticFolder]:
    """Return what is served below ``/plugins/<name>/static``."""
    return {name: StaticFolder(folder / "static") for name, folder in folders(plugins).items()}


def _row(plugin: str, route: web.AbstractRouteDef, ancestors: tuple[str, ...]) -> Route:
    if not isinstance(route, web.RouteDef):
        raise TypeError("a route is made by web.get, web.post and so on")
    if not inspect.iscoroutinefunction(route.handler):
        raise TypeError(f"{route.path} has no coroutine function as its handler")
    method = route.method.upper()
    if method == "*":
        raise ValueError(f"{route.path} names no method")
    own = route.path != LINK
    if not own and method not in SAFE:
        raise ValueError(f"{LINK} only shows")
    shown = Action.PLUGIN_PAGE if own else Action.LINK_PAGE
    return Route(
        method,
        f"/plugins/{plugin}{route.path}" if own else LINK,
        shown if method in SAFE else Action.PLUGIN_ACT,
        route.handler,
        plugin=plugin,
        frame_ancestors=ancestors,
    )

"""Plugins written in a test, found as if they were installed."""

from __future__ import annotations

import sys
import textwrap
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

from genba.plugins import Plugins

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    import pytest

HEAD = """
from __future__ import annotations
import asyncio
from datetime import timedelta
from aiohttp import web
from genba.api import *
from genba.api import hookimpl
"""


class Workshop:
    """Writes plugins into a folder that Python imports from."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the folder importable for as long as the test runs."""
        monkeypatch.syspath_prepend(folder)
        self._folder = folder
        self._entries: list[EntryPoint] = []

    def write(self, name: str, source: str, *, module: str = "") -> None:
        """Write a plugin; its module is named after it."""
        module = module or f"made_{name}"
        text = HEAD + textwrap.dedent(source)
        (self._folder / f"{module}.py").write_text(text, "utf-8")
        self.enter(name, module)

    def enter(self, name: str, value: str) -> None:
        """Enter a plugin that may not even be there."""
        self._entries.append(EntryPoint(name, value, "genba"))

    def load(self, patience: float = 5.0, off: tuple[str, ...] = ()) -> Plugins:
        """Load all that was written."""
        plugins = Plugins(patience=patience)
        plugins.load(off, self._entries)
        return plugins

    def module(self, name: str) -> ModuleType:
        """Return a plugin's module."""
        return sys.modules[f"made_{name}"]

    def close(self) -> None:
        """Forget the modules."""
        for entry in self._entries:
            sys.modules.pop(entry.value, None)


def nothing(_: str) -> dict[str, object]:
    """Return no settings, for any plugin."""
    return {}

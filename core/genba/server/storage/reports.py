"""The reports of connection tests: the newest fifty, a small file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.storage.folder import Folder
from genba.wire.report import Report

if TYPE_CHECKING:
    from pathlib import Path

KEPT = 50
FOLDER = "tests"


class Reports:
    """On the event loop."""

    def __init__(self, data: Path) -> None:
        """Keep them below ``data``."""
        self._folder = Folder(data / FOLDER, Report)

    async def all(self) -> list[Report]:
        """Return them, the newest first."""
        found = await self._folder.all()
        return sorted(found.values(), key=lambda one: one.at, reverse=True)

    async def put(self, report: Report) -> None:
        """Keep it, in place of an older one of the same code; the oldest go. Raises OSError."""
        await self._folder.put(report.code, report)
        for old in (await self.all())[KEPT:]:
            await self._folder.remove(old.code)

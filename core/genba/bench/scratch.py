"""Folders that go away."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def scratch(prefix: str = "genba-b") -> AsyncIterator[Path]:
    """Make a folder, and remove it with all that is in it; its short path has room for sockets."""
    folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix=prefix)
    try:
        yield Path(folder.name)
    finally:
        await asyncio.to_thread(folder.cleanup)

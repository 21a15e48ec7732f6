"""A disk that is soon full: a tmpfs of a few MiB."""

from __future__ import annotations

import asyncio
import functools
import os
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@functools.cache
def why_not() -> str:
    """Return why no small disk can be made here; empty where it can."""
    if os.geteuid() != 0:
        return "mounting a small tmpfs needs root"
    found = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False)
    return "" if found.returncode == 0 else f"unshare: {found.stderr.decode().strip()}"


needs_small_disk = pytest.mark.skipif(bool(why_not()), reason=why_not())


@asynccontextmanager
async def small_disk(where: Path, size: int) -> AsyncIterator[Path]:
    """Mount a disk of so many MiB."""

    def run(*words: str) -> None:
        subprocess.run(words, check=True)

    await asyncio.to_thread(where.mkdir)
    await asyncio.to_thread(run, "mount", "-t", "tmpfs", "-o", f"size={size}m", "tmpfs", str(where))
    try:
        yield where
    finally:
        await asyncio.to_thread(run, "umount", str(where))

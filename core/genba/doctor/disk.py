"""Checks of the data folder. They block: call them in a thread."""

from __future__ import annotations

import shutil
import tempfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from genba.api import Finding
    from genba.doctor.say import Say
    from genba.settings import Settings

GB, MIB = 10**9, 1 << 20
HOURS = 4  # of recording that should fit
_SOUND_KBPS = 64


def data(say: Say, settings: Settings) -> Finding:
    """Say whether the server can write where it keeps things; leaves nothing behind."""
    wanted = settings.data.dir.absolute()
    there = _existing(wanted)
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".genba-doctor-"):
            pass
    except OSError as error:
        return say.bad("data.no", path=wanted, error=error.strerror)
    return say.good("data.good" if there == wanted else "data.new", path=wanted)


def disk(say: Say, settings: Settings) -> Finding:
    """Say whether recordings fit."""
    free = shutil.disk_usage(_existing(settings.data.dir.absolute())).free
    hour = (settings.view.bit_rate + _SOUND_KBPS) * 1000 / 8 * 3600
    facts = {"free": f"{free / GB:.1f}", "hour": f"{hour / GB:.1f}"}
    least = settings.recordings.min_free_mb
    if free < least * MIB:
        return say.bad("disk.full", least=least, **facts)
    if free < HOURS * hour + least * MIB:
        return say.warn("disk.low", **facts)
    return say.good("disk.good", **facts)


def _existing(path: Path) -> Path:
    """Return the nearest folder on the way up that is there."""
    return next((one for one in (path, *path.parents) if one.is_dir()), path)

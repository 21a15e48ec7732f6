"""Work that the web process does for a plugin from time to time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Job:
    """``run`` is awaited every ``every``; a run that fails is logged and the next one comes."""

    name: str
    every: timedelta
    run: Callable[[], Awaitable[None]]

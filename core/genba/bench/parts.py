"""What is measured, in which order, and how long each may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genba.bench import pipeline

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from genba.bench.bench import Bench


@dataclass(frozen=True, slots=True)
class Part:
    """One coroutine that measures; it returns a dataclass, or raises ``MissingError``.

    It is cancelled after ``quick`` or ``full`` seconds (0: not a part of that form), and it has
    ended all that it started when it returns. ``keys`` names the quick form's keys that it gives,
    each with the attribute of its result.
    """

    name: str
    measure: Callable[[Bench], Awaitable[object]]
    quick: float
    full: float
    keys: Mapping[str, str] = field(default_factory=dict)


PARTS: tuple[Part, ...] = (
    Part(
        "pipeline",
        pipeline.measure,
        quick=60,
        full=240,
        keys={"ffmpeg_ratio_720p": "ratio_720p", "ffmpeg_ratio_1080p": "ratio_1080p"},
    ),
)

"""What is measured, in which order, and how long each may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genba.bench import (
    api,
    glass,
    glasscamera,
    glassjoin,
    layers,
    peers,
    pipeline,
    several,
    whole,
)

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
    Part(
        "session_720p",
        whole.measure_720p,
        quick=90,
        full=240,
        keys={
            "session_720p_core": "core",
            "viewer_core": "viewer_core",
            "viewer_ratio_to_stock": "viewer_ratio_to_stock",
            "late_ticks": "late_ticks",
            "session_rss_mb": "resident_mb",
        },
    ),
    Part("glass", glass.measure, quick=45, full=180, keys={"glass_p95_ms": "composite_p95"}),
    Part("join", glassjoin.measure, quick=35, full=120, keys={"first_picture_p95_ms": "p95"}),
    Part("camera", glasscamera.measure, quick=30, full=120, keys={"camera_720p30_s": "from_tap"}),
    Part("session_1080p", whole.measure_1080p, quick=0, full=180),
    Part("several", several.measure, quick=0, full=240),
    Part("layers", layers.measure, quick=0, full=180),
    Part("api", api.measure, quick=0, full=240),
    Part("peers", peers.measure, quick=0, full=400),
)

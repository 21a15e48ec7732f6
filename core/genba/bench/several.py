"""Two and three whole sessions at once, with their cameras and viewers on the same machine."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.bench.room import session_room
from genba.bench.views import VIEWS
from genba.bench.whole import FEW, SETTLE, look

if TYPE_CHECKING:
    from genba.bench.bench import Bench
    from genba.bench.whole import Window

SECONDS, QUICK_SECONDS = 30.0, 8.0


@dataclass(frozen=True, slots=True)
class Together:
    """``late_ticks`` and ``cores`` of all sessions; the rest of the one that did worst."""

    sessions: int
    cores: float
    view_fps: float
    viewer_fps: float
    late_ticks: int
    longest_gap_ms: float
    camera_late: int  # pictures that the cameras' processes left out


@dataclass(frozen=True, slots=True)
class Several:
    """At 720p, each with 4 cameras, 4 viewers and 5 recordings."""

    two: Together
    three: Together


async def measure(bench: Bench) -> Several:
    """Run two, then three."""
    return Several(two=await together(bench, 2), three=await together(bench, 3))


async def together(bench: Bench, sessions: int) -> Together:
    """Run so many and look at all of them over the same time."""
    bench.say(f"{sessions} sessions at once")
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    async with AsyncExitStack() as stack:
        rooms = []
        for _ in range(sessions):
            room = await stack.enter_async_context(session_room(bench, VIEWS["720p"]))
            await room.film(bench)
            await room.watch(FEW)
            await room.command(do="record")
            rooms.append(room)
        await asyncio.sleep(SETTLE)
        late = [await room.counts("cameras") for room in rooms]
        seen: list[Window] = await asyncio.gather(*(look(room, seconds) for room in rooms))
        late_after = [await room.counts("cameras") for room in rooms]
        return Together(
            sessions=sessions,
            cores=sum(one.core for one in seen),
            view_fps=min(one.view_fps for one in seen),
            viewer_fps=min(one.viewer_fps for one in seen),
            late_ticks=sum(one.late_ticks for one in seen),
            longest_gap_ms=max(one.longest_gap_ms for one in seen),
            camera_late=sum(
                now["late"] - then["late"]
                for before, after in zip(late, late_after, strict=True)
                for then, now in zip(before, after, strict=True)
            ),
        )

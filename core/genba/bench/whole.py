"""A whole session as it really runs: four cameras in, viewers out, five recordings."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.bench import stock
from genba.bench.cpu import memory, read, spent
from genba.bench.room import session_room
from genba.bench.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genba.bench.bench import Bench
    from genba.bench.room import Room
    from genba.wire.order import ViewOrder

FEW, MANY = 4, 16  # viewers
SETTLE = 3.0  # seconds until rates, caches and codecs are in their stride
SECONDS, QUICK_SECONDS = 30.0, 10.0
# Threads whose work does not depend on how many look; their noise would hide what one viewer costs.
SHARED = frozenset({"decoder", "compositor", "encoder", "mixer", "recording"})


@dataclass(frozen=True, slots=True)
class Window:
    """What was seen while so many viewers looked; ``core`` is CPU-seconds per second."""

    viewers: int
    seconds: float
    core: float
    groups: Mapping[str, float]
    view_fps: float
    late_ticks: int
    viewer_fps: float  # of the viewer who got the fewest pictures
    longest_gap_ms: float  # between two pictures, of any viewer
    lost: int  # packets that came out of turn or not at all
    qualities: Mapping[str, int]  # how many viewers were sent which at the end
    resident_mb: float
    private_mb: float


@dataclass(frozen=True, slots=True)
class Whole:
    """One session; ``viewer_core`` is what one viewer more costs, from both windows."""

    view: str
    cameras: int
    recordings: int
    opened_ms: float
    spare_mb: float
    few: Window
    many: Window
    viewer_core: float
    core: float
    late_ticks: int
    resident_mb: float
    camera_late: int  # pictures that the cameras' process left out: it was too slow
    others_core: float  # of the processes of cameras and viewers, with few viewers


@dataclass(frozen=True, slots=True)
class Beside:
    """A whole session at 720p, and what one viewer costs by stock aiortc in the same run."""

    session: Whole
    stock: stock.Stock
    core: float
    viewer_core: float | None  # None: less than can be told from this machine's noise
    viewer_ratio_to_stock: float | None
    late_ticks: int
    resident_mb: float


async def measure_720p(bench: Bench) -> Beside:
    """Measure a session, then stock aiortc."""
    session = await whole(bench, "720p", VIEWS["720p"])
    bench.say("one viewer by stock aiortc (MediaRelay, encoded for each)")
    other = await stock.measure(bench)
    told = session.viewer_core > 0
    return Beside(
        session=session,
        stock=other,
        core=session.core,
        viewer_core=session.viewer_core if told else None,
        viewer_ratio_to_stock=other.viewer_core / session.viewer_core if told else None,
        late_ticks=session.late_ticks,
        resident_mb=session.resident_mb,
    )


async def measure_1080p(bench: Bench) -> Whole:
    """Measure a session whose view has 1080 lines."""
    return await whole(bench, "1080p", VIEWS["1080p"])


async def whole(bench: Bench, name: str, view: ViewOrder) -> Whole:
    """Run one session and look at it twice: with few viewers and with many."""
    bench.say(f"a whole session at {name}: 4 cameras, 5 recordings, {FEW} and {MANY} viewers")
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    async with session_room(bench, view) as room:
        await room.film(bench)
        await room.watch(FEW)
        await room.command(do="record")
        await asyncio.sleep(SETTLE)
        others = [await read(room.helper_pid(who)) for who in ("cameras", "viewers")]
        few = await look(room, seconds)
        others_after = [await read(room.helper_pid(who)) for who in ("cameras", "viewers")]
        others_core = sum(spent(*both).core for both in zip(others, others_after, strict=True))
        await room.watch(MANY - FEW)
        await asyncio.sleep(SETTLE)
        many = await look(room, seconds)
        cameras = await room.counts("cameras")
        await room.command(do="stop_recording")
        return Whole(
            view=name,
            cameras=len(cameras),
            recordings=len(cameras) + 1,
            opened_ms=room.opened * 1000,
            spare_mb=room.spare_mb,
            few=few,
            many=many,
            viewer_core=one_more(few, many),
            core=few.core,
            late_ticks=few.late_ticks + many.late_ticks,
            resident_mb=few.resident_mb,
            camera_late=sum(one["late"] for one in cameras),
            others_core=others_core,
        )


async def look(room: Room, seconds: float) -> Window:
    """Watch a session for so long."""
    state, viewers = await room.state(), await room.counts("viewers")
    before = await read(room.pid)
    await asyncio.sleep(seconds)
    used = spent(before, await read(room.pid))
    viewers_after, state_after = await room.counts("viewers"), await room.state()
    held = await memory(room.pid)
    figures, figures_after = state.figures, state_after.figures
    got = _grown(viewers, viewers_after, "pictures")
    return Window(
        viewers=len(viewers),
        seconds=used.seconds,
        core=used.core,
        groups=used.groups,
        view_fps=(figures_after.ticks - figures.ticks) / used.seconds,
        late_ticks=figures_after.late_ticks - figures.late_ticks,
        viewer_fps=min(got) / used.seconds,
        longest_gap_ms=max(one["longest"] for one in viewers_after) * 1000,
        lost=sum(_grown(viewers, viewers_after, "gaps")),
        qualities=dict(
            Counter(
                str(one.shed or one.quality) for one in state_after.connections if one.way == "out"
            )
        ),
        resident_mb=held.resident,
        private_mb=held.private,
    )


def _grown(
    before: Sequence[Mapping[str, int]], after: Sequence[Mapping[str, int]], name: str
) -> list[int]:
    return [now[name] - then[name] for then, now in zip(before, after, strict=True)]


def one_more(few: Window, many: Window) -> float:
    """Return what one viewer more costs, in CPU-seconds per second.

    The work that is done once is the same in both windows. Where it took longer in one of them,
    the machine was slower then (neighbours, caches), and all else took longer as well.
    """
    slower = _shared(many) / _shared(few)
    return (_own(many) / slower - _own(few)) / (many.viewers - few.viewers)


def _shared(window: Window) -> float:
    return sum(core for group, core in window.groups.items() if group in SHARED)


def _own(window: Window) -> float:
    return sum(core for group, core in window.groups.items() if group not in SHARED)

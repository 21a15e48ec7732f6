"""The server's API: opening sessions, and how fast it answers beside two live ones."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genba.bench.glasshouse import serving
from genba.bench.helper import Helper
from genba.bench.quantile import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.bench.bench import Bench
    from genba.bench.glasshouse import House, Room

RATE, SECONDS = 200, 20.0  # requests a second, for so long
SESSIONS, CAMERAS, VIEWERS = 2, 4, 4
OPENINGS, QUICK_OPENINGS = 12, 4
REFILL = 3.0  # seconds in which the supervisor makes a new spare
SETTLE = 3.0


@dataclass(frozen=True, slots=True)
class Api:
    """Milliseconds; ``open_again`` is a session that was asked for before there was a new spare."""

    open_p50: float
    open_p95: float
    open_again: float
    openings: int
    rate: int
    requests: int
    failed: int
    p50: float
    p95: float
    p99: float
    most: float
    late_ticks: int  # of both sessions while requests came


async def measure(bench: Bench) -> Api:
    """Run a whole server."""
    clips = await bench.clips.paths()
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(serving(bench.folder / "api"))
        bench.say("opening sessions")
        opened, again = await _openings(house, QUICK_OPENINGS if bench.quick else OPENINGS)
        bench.say(f"the API at {RATE} requests a second, beside {SESSIONS} live sessions")
        rooms = []
        for n in range(SESSIONS):
            room = await house.open(f"計測{n + 1}")
            people = await stack.enter_async_context(Helper("genba.bench.people"))
            await _fill(people, room, [str(clip) for clip in clips])
            rooms.append(room)
            await asyncio.sleep(REFILL)
        load = await stack.enter_async_context(Helper("genba.bench.load"))
        await asyncio.sleep(SETTLE)
        late = await _late(rooms)
        said = await load.ask(
            url=house.base,
            token=house.token,
            paths=_paths(rooms),
            rate=RATE,
            seconds=SECONDS,
        )
        late_after = await _late(rooms)
    times = sorted(said["times"])
    return Api(
        open_p50=quantile(opened, 0.5),
        open_p95=quantile(opened, 0.95),
        open_again=again,
        openings=len(opened),
        rate=RATE,
        requests=len(times),
        failed=said["failed"],
        p50=quantile(times, 0.5),
        p95=quantile(times, 0.95),
        p99=quantile(times, 0.99),
        most=times[-1],
        late_ticks=late_after - late,
    )


async def _openings(house: House, count: int) -> tuple[list[float], float]:
    """Return the milliseconds of each opening with a spare, and of one right after another."""
    found: list[float] = []
    for n in range(count):
        await asyncio.sleep(REFILL)
        room, took = await _open(house, f"開始{n + 1}")
        found.append(took)
        await room.end()
    await asyncio.sleep(REFILL)
    first, _ = await _open(house, "続けて1")
    second, again = await _open(house, "続けて2")
    await asyncio.gather(first.end(), second.end())
    await asyncio.sleep(REFILL)
    return found, again


async def _open(house: House, name: str) -> tuple[Room, float]:
    """Open a session and say how many milliseconds it took."""
    begun = time.monotonic()
    room = await house.open(name)
    return room, (time.monotonic() - begun) * 1000


async def _fill(people: Helper, room: Room, clips: Sequence[str]) -> None:
    """Let cameras in and viewers look, by the server's own addresses, and record."""
    ways = [await room.camera() for _ in range(CAMERAS)]
    await people.ask(
        do="cameras",
        unix="",
        url=ways[0].url,
        clips=clips[:CAMERAS],
        bearers=[way.ticket for way in ways],
    )
    await room.live(CAMERAS)
    desk = await room.desk()
    await people.ask(do="viewers", unix="", url=desk.url, bearers=[desk.ticket] * VIEWERS)
    await room.house.call("POST", f"/sessions/{room.session}/recordings")


def _paths(rooms: Sequence[Room]) -> list[str]:
    """Return what consoles and programs ask most: lists, and what belongs to a session."""
    api = "/api/v1"
    found = [f"{api}/sessions", f"{api}/recordings", f"{api}/publishers"]
    for room in rooms:
        found += [
            f"{api}/sessions/{room.session}",
            f"{api}/sessions/{room.session}/invitations",
            f"{api}/sessions/{room.session}/publications",
        ]
    return found


async def _late(rooms: Sequence[Room]) -> int:
    states: list[dict[str, Any]] = [await room.state() for room in rooms]
    return sum(int(state["figures"]["late_ticks"]) for state in states)

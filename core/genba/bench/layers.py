"""What each further encoding of the view costs, in memory and in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genba.bench.cpu import memory, read, spent
from genba.bench.room import session_room
from genba.bench.views import VIEWS

if TYPE_CHECKING:
    from genba.bench.bench import Bench
    from genba.bench.room import Room

SETTLE, SECONDS = 3.0, 8.0


@dataclass(frozen=True, slots=True)
class Step:
    """A session after one thing more has begun: all it holds (MiB) and uses (CPU-s per s)."""

    what: str
    resident_mb: float
    private_mb: float
    core: float
    encoder_core: float


@dataclass(frozen=True, slots=True)
class Steps:
    """From a spare process to every encoding there is."""

    spare_mb: float
    steps: tuple[Step, ...]


async def measure(bench: Bench) -> Steps:
    """Begin with an empty session at 720p, and add one thing after another."""
    bench.say("each further layer")
    async with session_room(bench, VIEWS["720p"]) as room:
        steps = [await _step(room, "empty")]
        await room.film(bench)
        steps.append(await _step(room, "4 cameras"))
        await room.watch(1)
        steps.append(await _step(room, "720p layer"))
        await room.watch(1, query="quality=low")
        steps.append(await _step(room, "360p layer"))
        await room.watch(1, query="quality=high")
        steps.append(await _step(room, "1080p layer"))
        await room.watch(1, codec="VP8")
        steps.append(await _step(room, "720p VP8 layer"))
        await room.command(do="record")
        steps.append(await _step(room, "5 recordings"))
        return Steps(room.spare_mb, tuple(steps))


async def _step(room: Room, what: str) -> Step:
    await asyncio.sleep(SETTLE)
    before = await read(room.pid)
    await asyncio.sleep(SECONDS)
    used, held = spent(before, await read(room.pid)), await memory(room.pid)
    encoder = used.groups.get("encoder", 0.0)
    return Step(what, held.resident, held.private, used.core, encoder)

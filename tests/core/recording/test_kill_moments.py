"""A session process that is killed while it records: at any moment, and every file plays.

``GENBA_SOAK=1`` kills it fifty times; the short form looks for what breaks at once.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import statistics
import time
from typing import TYPE_CHECKING

import av
import pytest

from genba.session.recording.repair import repair
from genba.session.recording.splice import look
from genba.wire.media import pieces
from genba.wire.ticket import TicketKind
from tests.kit.rtc import Publisher, ToneTrack, UnitTrack, encode_h264
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.soak
KILLS = 50 if os.environ.get("GENBA_SOAK") else 3


async def _killed(data: Path, units: list[bytes], after: float) -> list[tuple[str, float]]:
    """Record a view and a camera, kill after so many seconds; return kind and loss of each file."""
    async with session_process(data) as session:
        camera = Publisher(
            session.asker("/whip", TicketKind.CAMERA), tracks=[UnitTrack(units), ToneTrack()]
        )
        async with camera:
            await session.command(do="record")
            folder = data / "recordings"
            await until(lambda: len(list(folder.glob("*.part.mp4"))) == 2, 20)
            await until(lambda: all(p.stat().st_size > 20_000 for p in folder.glob("*.part.*")), 20)
            await asyncio.sleep(after)
            session.process.send_signal(signal.SIGKILL)
            killed = time.time()
            await session.process.wait()
    lost = await asyncio.to_thread(_losses, folder, killed)
    for meta in await repair(folder):
        assert meta.state == "ready"
    await asyncio.to_thread(_play, folder)
    return lost


def _losses(folder: Path, killed: float) -> list[tuple[str, float]]:
    """Return for each piece for how many seconds before the kill it has nothing."""
    lost = []
    for side in folder.glob("*.json"):
        for path in pieces(folder, side.stem):
            piece = look(path)
            assert piece is not None, "unplayable"
            assert piece.began is not None
            kind = "camera" if '"slot": 1' in side.read_text("utf-8") else "view"
            lost.append((kind, killed - piece.began - piece.seconds))
    return lost


def _play(folder: Path) -> None:
    whole = list(folder.glob("*.mp4"))
    assert len(whole) == 2
    for path in whole:
        with av.open(str(path)) as file:
            assert sum(1 for _ in file.decode(video=0)) > 5, "unplayable"


@pytest.mark.timeout(900)
async def test_a_kill_at_any_moment_leaves_files_that_play(tmp_path: Path) -> None:
    units = await asyncio.to_thread(encode_h264, 60, 640, 360)
    chance = random.Random(20261124)  # noqa: S311  the same moments each time
    lost: dict[str, list[float]] = {"view": [], "camera": []}
    for number in range(KILLS):
        folder = tmp_path / str(number)
        for kind, seconds in await _killed(folder, units, chance.uniform(0, 1.5)):
            lost[kind].append(seconds * 1000)
    for kind, some in lost.items():
        assert len(some) == KILLS
        some.sort()
        p95 = some[min(len(some) - 1, round(0.95 * len(some)))]
        print(  # noqa: T201
            f"{KILLS} kills, {kind}: 0 unplayable, lost p50 {statistics.median(some):.0f} ms, "
            f"p95 {p95:.0f} ms, most {some[-1]:.0f} ms"
        )

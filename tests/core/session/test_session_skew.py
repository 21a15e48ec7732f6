"""A stock peer's flashes and beeps in the files of a real session, in real time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from genba.wire.media import MediaFile
from genba.wire.ticket import TicketKind
from tests.kit.clapper import Clapper, claps
from tests.kit.rtc import Publisher
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 10.0


def ready(folder: Path) -> dict[bool, Path]:
    """Return the files that can be played, the view's as True."""
    metas = [MediaFile.model_validate_json(path.read_text()) for path in folder.glob("*.json")]
    return {not m.camera: folder / f"{m.id}.{m.suffix}" for m in metas if m.state == "ready"}


async def test_flashes_and_beeps_lie_beside_each_other_in_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    async with session_process(tmp_path) as session:
        camera = session.asker("/whip", TicketKind.CAMERA)
        async with Publisher(camera, tracks=Clapper().tracks) as sender:
            await sender.connected()
            async with asyncio.timeout(20):
                while (await session.state()).slots[0].fps < 20:  # noqa: ASYNC110 (asked)
                    await asyncio.sleep(0.2)
            await session.command(do="record")
            await asyncio.sleep(SECONDS)  # what is recorded
            await session.command(do="stop_recording")
            await until(lambda: len(ready(folder)) == 2, 30)
    for view, path in ready(folder).items():
        beeps, (flashes,) = await asyncio.to_thread(claps, path)
        late = np.array(
            [np.array(beeps)[np.argmin(np.abs(np.array(beeps) - f))] - f for f in flashes]
        )
        print(  # noqa: T201  the figures
            f"\n{'the view' if view else 'the camera'}: sound late by "
            f"{', '.join(f'{one * 1000:+.0f}' for one in late)} ms"
        )
        assert len(late) >= 4
        assert np.abs(late).max() < 0.2

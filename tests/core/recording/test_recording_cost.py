"""What recording the view and four cameras costs; printed, since it is the machine's figure.

``GENBA_SOAK=1`` measures over a minute of media instead of ten seconds.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import pytest

from genba.api import Packet
from genba.session.recording.recorder import ViewRecorder
from genba.session.recording.shelf import Shelf
from tests.kit.cameratape import FPS, START, opus, recorder, units
from tests.kit.movies import meta
from tests.kit.rtc import encode_h264

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.soak
SECONDS = 60 if os.environ.get("GENBA_SOAK") else 10
CAMERAS = 4
SILENCE = bytes(1920)


def _unexpected(code: str) -> None:
    raise AssertionError(code)


async def test_five_recorders(tmp_path: Path) -> None:
    coded = await asyncio.to_thread(encode_h264, 60, 1280, 720)
    coded = (coded * (SECONDS * FPS // len(coded)))[: SECONDS * FPS]
    sounds = opus(50)
    some = units(coded)
    cameras = []
    for n in range(CAMERAS):
        folder = tmp_path / str(n)
        await asyncio.to_thread(folder.mkdir)
        cameras.append(recorder(folder, sound=True))
    view = ViewRecorder(
        Shelf(tmp_path),
        meta("view"),
        width=1280,
        height=720,
        fps=FPS,
        on_failed=_unexpected,
        request_key=lambda: None,
    )
    for camera in cameras:
        camera.start()
    await view.start()
    used = time.process_time()
    for n, unit in enumerate(some):
        view.push(Packet("video", "h264", unit.data, unit.time, 1 / FPS, unit.key))
        for camera in cameras:
            camera.unit(unit)
        for at in range(n * 5 // 3, (n + 1) * 5 // 3):
            view.heard(SILENCE, START + at * 0.02)
            for camera in cameras:
                camera.heard(sounds[at % 50], START + at * 0.02)
        if n % FPS == 0:
            await asyncio.sleep(0)
    await view._tape.stop()
    for camera in cameras:
        await camera._tape.stop()
    used = time.process_time() - used
    written = sum(part.size() for camera in cameras for part in camera._tape.parts)
    bits = sum(len(unit.data) for unit in some) * 8 / SECONDS / 1e6
    print(  # noqa: T201
        f"view (sound coded) and {CAMERAS} cameras, 720p{FPS} at {bits:.1f} Mbit/s with sound:"
        f" {used / SECONDS:.3f} core"
    )
    assert written > CAMERAS * sum(len(unit.data) for unit in some)
    for done in (*await view.stop(), *[one for camera in cameras for one in await camera.stop()]):
        assert done.seconds == pytest.approx(SECONDS, abs=0.1)

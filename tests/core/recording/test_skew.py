"""Beeps and flashes of cameras with clocks of their own, found again in the files."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, cast

import numpy as np
import pytest

from genba.api import Layer, Packet
from genba.clock import SystemClock
from genba.session.compositor.compositor import Compositor
from genba.session.compositor.easel import Easel
from genba.session.compositor.mixer import Mix, Mixer
from genba.session.compositor.source import Source
from genba.session.encoder.codec import open_video, prepared
from genba.session.recording.camerawriter import CameraWriter, Shot, Sound, shape_of
from genba.session.recording.finalise import finalise
from genba.session.recording.writer import PartWriter
from genba.wire.media import piece_name
from genba.wire.order import ViewOrder
from genba.wire.state import CameraState
from tests.kit.clapper import claps
from tests.kit.clockwork import ClockCamera, Nature, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from av import VideoFrame

    from genba.session.camera import AccessUnit

pytestmark = pytest.mark.soak
LONG = bool(os.environ.get("GENBA_SOAK"))
VIEW = ViewOrder(width=128, height=64, fps=30, kbps=200)


class Studio:
    """A session's compositor, mixer, encoder and recorders, on a clock that is not the world's."""

    def __init__(self, world: World, cameras: Sequence[ClockCamera], folder: Path) -> None:
        self.world, self.folder, self.cameras = world, folder, cameras
        self.mixer = Mixer(world.clock)
        self.view = PartWriter(folder / piece_name("view", 1, 1, "mp4"), VIEW.fps)
        self.own = []
        for n, camera in enumerate(cameras, 1):
            self.mixer.add_input(f"camera:{n}", camera.sound, supporter=False)
            path = folder / piece_name(f"camera{n}", 1, 1, "mp4")
            self.own.append(CameraWriter(path, world.clock.wall, sound=True))
            camera.on_unit, camera.on_sound = self._tap(self.own[-1])
        self.mixer.listen(Mix.everyone(), self.view.sound)
        self._compositor = Compositor(
            VIEW.width, VIEW.height, VIEW.fps, world.clock, SystemClock(), "ja", self._encode
        )
        self._compositor.set_sources(
            [Source(n, c.slot, "", CameraState.LIVE) for n, c in enumerate(cameras, 1)]
        )
        easel = Easel(VIEW.width, VIEW.height, "ja")
        self._codec = open_video(Layer.H264, VIEW)
        start = world.now
        world.every(0.02, lambda _: self.mixer.tick(world.clock.now()), first=0.02)
        world.every(1 / 30, lambda n: self._compositor._tick(easel, start + n / 30), first=1e-3)

    def _tap(
        self, writer: CameraWriter
    ) -> tuple[Callable[[AccessUnit], None], Callable[[bytes, float], None]]:
        def unit(unit: AccessUnit) -> None:
            shape = shape_of(unit.data, unit.codec)
            writer.write(Shot(unit.data, unit.time, unit.key, unit.codec, shape))

        return unit, lambda data, moment: writer.write(Sound(data, moment))

    def _encode(self, frame: VideoFrame, moment: float) -> None:
        for coded in self._codec.encode(prepared(frame, moment, key=False)):
            at = float(cast("int", coded.pts) / 90_000)
            self.view.picture(
                Packet("video", "h264", bytes(coded), at, 1 / VIEW.fps, coded.is_keyframe)
            )

    def finish(self) -> None:
        self.view.close()
        for writer in self.own:
            writer.close()
        for name in ("view", *(f"camera{n}" for n in range(1, len(self.own) + 1))):
            finalise(name, sorted(self.folder.glob(f"{name}.*.part.mp4")))


def skews(path: Path, cameras: Sequence[ClockCamera]) -> list[tuple[float, float]]:
    """Return when, and by how much sound is late: what the camera itself saw late is left out."""
    beeps, flashes = claps(path, len(cameras))
    heard = np.array(beeps)
    made = []
    for camera, seen in zip(cameras, flashes, strict=True):
        truth = np.array([taken for _, taken in camera.flashes])
        for flash in seen:
            beep = heard[np.argmin(np.abs(heard - flash))]
            # Where the file's time 0 lies is not said: its first flash is the first one made.
            began, taken = camera.flashes[
                int(np.argmin(np.abs(truth - flash - _zero(seen, truth))))
            ]
            made.append((flash, (beep - flash) - (began - taken)))
    return sorted(made)


def _zero(seen: Sequence[float], truth: np.ndarray) -> float:
    return float(truth[0] - seen[0])


def told(name: str, values: Sequence[tuple[float, float]], minutes: int) -> float:
    """Print and return the worst skew in milliseconds."""
    parts = []
    for title, first, last in (
        ("start", 0, 60),
        (f"{minutes // 2} min", minutes * 30 - 30, minutes * 30 + 30),
        (f"{minutes} min", minutes * 60 - 60, minutes * 60),
    ):
        some = [1000 * s for t, s in values if first <= t < last]
        parts.append(f"{title} {min(some):+.0f} to {max(some):+.0f} ms")
    all_of = np.array([1000 * s for _, s in values])
    worst = float(np.abs(all_of).max())
    print(  # noqa: T201  the figures
        f"{name}: sound late by {', '.join(parts)}; of {len(all_of)} worst {worst:.0f} ms, "
        f"mean {all_of.mean():+.1f} ms"
    )
    return worst


CASES = {  # minutes in the long form and in the short one, and the cameras
    "reports": (60, 3, (Nature(2e-4, 2e-4, seed=1), Nature(-2e-4, -2e-4, phase=6, seed=2))),
    "two clocks in each": (
        20,
        1,
        (Nature(2e-4, -2e-4, seed=3), Nature(0, 2e-4, phase=6, encoding=0.12, seed=4)),
    ),
    "no reports": (
        20,
        1,
        (
            Nature(2e-4, 2e-4, reports=False, seed=5),
            Nature(-2e-4, -2e-4, reports=False, phase=6, seed=6),
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_picture_and_sound_stay_in_step(tmp_path: Path, case: str) -> None:
    long, short, natures = CASES[case]
    minutes = long if LONG else short
    world, began = World(), time.monotonic()
    cameras = [ClockCamera(world, nature) for nature in natures]
    studio = Studio(world, cameras, tmp_path)
    delays = []
    for _ in range(minutes):
        world.run(world.now + 60)
        delays.append([round(1000 * camera.sound.stats.delay) for camera in cameras])
    studio.finish()
    holds = [round(1000 * camera.sync.hold) for camera in cameras]
    print(  # noqa: T201  the figures
        f"\n{case}: {minutes} minutes of media in {time.monotonic() - began:.0f} s; "
        f"delay of sound {delays[0]} to {delays[-1]} ms, pictures wait {holds} ms"
    )
    worst = [told("the view", skews(tmp_path / "view.mp4", cameras), minutes)]
    for n, camera in enumerate(cameras, 1):
        own = skews(tmp_path / f"camera{n}.mp4", [camera])
        worst.append(told(f"camera {n}", own, minutes))
        stats = camera.sound.stats
        assert stats.silent + stats.concealed < stats.played / 200
    assert max(worst) <= (40 if natures[0].reports else 60)
    for first, last in zip(delays[0], delays[-1], strict=True):
        assert last <= first + 20  # it does not creep

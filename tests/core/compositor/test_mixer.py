from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from genba.session.compositor import mixer as module
from genba.session.compositor.limiter import CEILING, Limiter
from genba.session.compositor.mixer import Mix, Mixer
from genba.session.mediaclock import MediaClock
from tests.kit.pictures import tone

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest
    from numpy.typing import NDArray

LIMIT = 20.0
HERTZ = {"camera:a": 400.0, "camera:b": 700.0, "camera:c": 1100.0, "desk:d": 1600.0}


class Voice:
    """A sound that never ends."""

    def __init__(self, hertz: float, level: float = 0.2) -> None:
        self.hertz, self.level, self.reads = hertz, level, 0

    def get(self, moment: float) -> bytes:  # noqa: ARG002 (what it says is always due)
        self.reads += 1
        return tone(960, self.hertz, self.level, (self.reads - 1) * 960)


class Ear:
    """Keeps what is heard; ``enough`` is set after ``wanted`` blocks."""

    def __init__(self, wanted: int = 10) -> None:
        self.blocks: list[tuple[bytes, float]] = []
        self.wanted = wanted
        self.enough = threading.Event()

    def __call__(self, pcm: bytes, time: float) -> None:
        self.blocks.append((pcm, time))
        if len(self.blocks) >= self.wanted:
            self.enough.set()

    @property
    def sound(self) -> NDArray[np.int16]:
        return np.frombuffer(b"".join(b for b, _ in self.blocks[: self.wanted]), "<i2")


def voices(sound: NDArray[np.int16]) -> set[str]:
    """Return whose tones are in a sound."""
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(sound.size))) / sound.size
    pitch = np.fft.rfftfreq(sound.size, 1 / 48_000)
    return {
        name
        for name, hertz in HERTZ.items()
        if spectrum[np.abs(pitch - hertz) < 20].max(initial=0) > 200
    }


@contextmanager
def mixing() -> Iterator[Mixer]:
    mixer = Mixer(MediaClock())
    for name, hertz in HERTZ.items():
        mixer.add_input(name, Voice(hertz), supporter=name.startswith("desk"))
    mixer.start()
    try:
        yield mixer
    finally:
        mixer.stop()


def heard(mixer: Mixer, mix: Mix) -> set[str]:
    ear = Ear()
    unlisten = mixer.listen(mix, ear)
    assert ear.enough.wait(LIMIT)
    unlisten()
    return voices(ear.sound)


def test_everyone_hears_what_a_mix_promises() -> None:
    cameras = {name for name in HERTZ if name.startswith("camera")}
    with mixing() as mixer:
        assert heard(mixer, Mix.everyone()) == set(HERTZ)
        assert heard(mixer, Mix.cameras()) == cameras
        for own in cameras:
            assert heard(mixer, Mix.for_camera(own)) == set(HERTZ) - {own}


def test_inputs_come_and_go() -> None:
    with mixing() as mixer:
        mixer.remove_input("camera:a")
        mixer.remove_input("camera:a")
        assert "camera:a" not in heard(mixer, Mix.everyone())
        mixer.add_input("camera:a", Voice(HERTZ["camera:a"]), supporter=False)
        assert "camera:a" in heard(mixer, Mix.everyone())


def test_each_input_is_read_once_a_tick_however_many_listen() -> None:
    voice, ears = Voice(400), [Ear(5) for _ in range(4)]
    mixer = Mixer(MediaClock())
    mixer.add_input("camera:a", voice, supporter=False)
    mixes = [Mix.everyone(), Mix.everyone(), Mix.cameras(), Mix.for_camera("camera:b")]
    for mix, ear in zip(mixes, ears, strict=True):
        mixer.listen(mix, ear)
    mixer.start()
    assert all(ear.enough.wait(LIMIT) for ear in ears)
    mixer.stop()
    assert voice.reads == mixer.ticks
    assert {ear.blocks[0] for ear in ears} == {ears[0].blocks[0]}


def test_a_mix_that_nobody_listens_to_is_not_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[Mix] = []
    original = Mixer._mixed

    def counted(self: Mixer, mix: Mix, blocks: list[NDArray[np.int32]]) -> bytes:
        computed.append(mix)
        return original(self, mix, blocks)

    monkeypatch.setattr(Mixer, "_mixed", counted)
    with mixing() as mixer:
        heard(mixer, Mix.cameras())
        heard(mixer, Mix.cameras())
    assert set(computed) == {Mix.cameras()}
    assert len(computed) <= mixer.ticks


def test_blocks_follow_each_other_by_20_ms_of_media_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BEHIND", 500)  # whatever else the machine does
    ear = Ear(20)
    with mixing() as mixer:
        mixer.listen(Mix.everyone(), ear)
        assert ear.enough.wait(LIMIT)
    times = [t for _, t in ear.blocks]
    assert np.allclose(np.diff(times), 0.02)
    assert all(len(pcm) == 1920 for pcm, _ in ear.blocks)


def test_late_ticks_are_made_up_for_and_no_sound_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BEHIND", 500)
    ear, gate = Ear(30), threading.Event()

    def hold(pcm: bytes, time: float) -> None:
        ear(pcm, time)
        if len(ear.blocks) == 5:
            gate.wait(0.2)

    with mixing() as mixer:
        mixer.listen(Mix.everyone(), hold)
        assert ear.enough.wait(LIMIT)
    assert np.allclose(np.diff([t for _, t in ear.blocks]), 0.02)
    assert mixer.skipped == 0


def test_making_up_has_a_bound_and_the_time_tells_of_the_gap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BEHIND", 3)
    ear, gate = Ear(30), threading.Event()

    def hold(pcm: bytes, time: float) -> None:
        ear(pcm, time)
        if len(ear.blocks) == 5:
            gate.wait(0.3)

    with mixing() as mixer:
        mixer.listen(Mix.everyone(), hold)
        assert ear.enough.wait(LIMIT)
    steps = np.diff([t for _, t in ear.blocks]) / 0.02
    missing = round(float(steps.sum())) - len(steps)
    assert 5 <= missing <= mixer.skipped


def test_a_listener_that_fails_is_removed_and_the_others_hear_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = []

    def broken(_pcm: bytes, _time: float) -> None:
        calls.append(1)
        raise RuntimeError("broken listener")

    ear = Ear(10)
    with caplog.at_level(logging.ERROR), mixing() as mixer:
        mixer.listen(Mix.everyone(), broken)
        mixer.listen(Mix.everyone(), ear)
        assert ear.enough.wait(LIMIT)
    assert len(calls) == 1
    assert len(caplog.records) == 1


def test_an_input_that_fails_is_silent_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    class Faulty(Voice):
        def get(self, moment: float) -> bytes:  # noqa: ARG002 (the same)
            self.reads += 1
            if self.reads < 5:
                raise RuntimeError("no sound")
            return b"short" if self.reads < 8 else tone(960, self.hertz, 0.3)

    ear = Ear(12)
    mixer = Mixer(MediaClock())
    mixer.add_input("camera:a", Faulty(440), supporter=False)
    mixer.listen(Mix.everyone(), ear)
    with caplog.at_level(logging.ERROR):
        mixer.start()
        assert ear.enough.wait(LIMIT)
        mixer.stop()
    loud = [bool(np.frombuffer(pcm, "<i2").any()) for pcm, _ in ear.blocks[:12]]
    assert loud == [False] * 7 + [True] * 5
    assert len(caplog.records) == 1


def test_without_inputs_there_is_silence() -> None:
    ear = Ear(3)
    mixer = Mixer(MediaClock())
    mixer.listen(Mix.cameras(), ear)
    mixer.start()
    assert ear.enough.wait(LIMIT)
    mixer.stop()
    assert not ear.sound.any()


def test_loud_voices_together_do_not_clip() -> None:
    limiter = Limiter()
    one = np.frombuffer(tone(960 * 50, 300, 0.9), "<i2").astype(np.int32)
    two = np.frombuffer(tone(960 * 50, 310, 0.9), "<i2").astype(np.int32)
    out = np.concatenate([limiter.limit(s) for s in np.split(one + two, 50)])
    assert int(np.abs(out).max()) <= CEILING
    flat = np.abs(out) >= int(CEILING)
    assert flat.mean() < 0.005, "turned down, not cut"


def test_one_voice_at_its_own_level_passes_as_it_is_and_gain_comes_back() -> None:
    limiter = Limiter()
    quiet = np.frombuffer(tone(960, 300, 0.5), "<i2").astype(np.int32)
    assert np.array_equal(limiter.limit(quiet), quiet)
    limiter.limit(quiet * 6)
    assert int(np.abs(limiter.limit(quiet)).max()) < 0.8 * int(quiet.max())
    for _ in range(300):
        limiter.limit(quiet)
    assert np.array_equal(limiter.limit(quiet), quiet)

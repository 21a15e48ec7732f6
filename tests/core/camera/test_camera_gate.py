"""Pictures that may not pass, before anything believes what they declare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from genba.session.camera.gate import BURST, CALM, CHANGES, RATE, Gate
from genba.session.camera.header import nal_units
from genba.session.camera.unit import AccessUnit
from tests.core.camera.test_camera_header import encoded, vp8_key

if TYPE_CHECKING:
    from collections.abc import Callable

START = b"\0\0\0\1"
DELTA = b"\x11" + bytes(20)


def renumbered(nal: bytes) -> bytes:
    """Give x264's parameter sets 0 the number 1; what follows is moved by the two bits more."""
    kind, head = nal[0] & 31, nal[1:].replace(b"\0\0\3", b"\0\0")
    bits = "".join(f"{byte:08b}" for byte in head)
    if kind == 7:
        bits = bits[:24] + "010" + bits[25:]  # after profile, constraints and level
    elif kind == 8:
        bits = "010010" + bits[2:]
    elif kind == 5:
        at = 2 * bits.index("1", 1)  # behind slice_type, an Exp-Golomb code
        assert bits[0] == bits[at] == "1", "first_mb_in_slice and the picture's set are 0"
        bits = bits[:at] + "010" + bits[at + 1 :]
    whole = bits.ljust(-(-len(bits) // 8) * 8, "0")
    return nal[:1] + bytes(int(whole[at : at + 8], 2) for at in range(0, len(whole), 8))


class Bench:
    """A gate and a camera that sends at times of its own."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = 100.0
        self.gate = Gate(self._ask)

    def _ask(self) -> None:
        self.asked += 1

    def send(
        self, data: bytes, after: float = 1 / 30, codec: Literal["h264", "vp8"] = "vp8"
    ) -> bool:
        self.now += after
        return self.gate.passes(
            AccessUnit(
                data=data,
                ts=round(self.now * 90_000),
                time=self.now,
                key=codec == "h264" or not data[0] & 1,
                arrival=self.now,
                damaged=False,
                codec=codec,
            )
        )


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_plain_camera_passes(bench: Bench) -> None:
    assert bench.send(vp8_key(1280, 720))
    assert all(bench.send(DELTA) for _ in range(300))
    assert (bench.gate.fault, bench.gate.refused, bench.asked) == ("", 0, 0)


@pytest.mark.parametrize("make", [lambda: vp8_key(16383, 16383), lambda: vp8_key(1936, 1080)])
def test_a_bomb_and_what_follows_it_is_dropped_until_a_good_key(
    bench: Bench, make: Callable[[], bytes]
) -> None:
    assert bench.send(vp8_key(640, 360))
    assert not bench.send(make())
    assert bench.gate.fault == "camera.too_large"
    assert not bench.send(DELTA)
    assert bench.send(vp8_key(640, 360))
    assert bench.gate.fault == ""
    assert bench.send(DELTA)
    assert bench.gate.refused == 2


def test_an_h264_bomb_is_seen_by_its_parameter_set(bench: Bench) -> None:
    assert bench.send(encoded("baseline", 640, 368), codec="h264")
    assert not bench.send(encoded("baseline", 2048, 1152), codec="h264")
    assert bench.gate.fault == "camera.too_large"


def test_two_parameter_sets_make_a_storm_without_being_sent_again(bench: Bench) -> None:
    small, wide = encoded("baseline", 320, 240), encoded("baseline", 640, 368)
    second = [renumbered(nal) for nal in nal_units(wide)]
    both = [*nal_units(small), *(nal for nal in second if nal[0] & 31 in (7, 8))]
    assert bench.send(START + START.join(both), codec="h264")
    slices = [next(n for n in nals if n[0] & 31 == 5) for nals in (second, nal_units(small))]
    passed = [bench.send(START + slices[n % 2], 0.1, "h264") for n in range(4 * CHANGES)]
    assert passed[0]
    assert not any(passed[CHANGES:])
    assert bench.gate.fault == "camera.unstable"


def test_many_pictures_do_not_hide_in_one(bench: Bench) -> None:
    unit = encoded("baseline", 320, 240)
    assert bench.send(unit, codec="h264")
    assert not bench.send(unit * 3, codec="h264")
    assert bench.gate.fault == "camera.too_large"


def test_sixty_a_second_pass_and_more_do_not(bench: Bench) -> None:
    assert bench.send(vp8_key(640, 360))
    assert all(bench.send(DELTA, 1 / 60) for _ in range(600)), RATE
    passed = sum(bench.send(DELTA, 1 / 500) for _ in range(2000))
    assert passed <= BURST + 4 * RATE * 1.1
    assert bench.gate.fault == "camera.too_fast"
    assert 1 <= bench.asked <= 6, "it asks for a key picture now and then, not each time"
    assert bench.send(vp8_key(640, 360), 1.0), "calm again"
    assert bench.send(DELTA)


def test_what_a_mended_loss_sets_free_passes_at_once(bench: Bench) -> None:
    assert bench.send(vp8_key(640, 360))
    assert all(bench.send(DELTA, 0.0) for _ in range(60))


def test_a_phone_that_is_turned_a_few_times_passes(bench: Bench) -> None:
    for turn in range(CHANGES - 1):
        size = (720, 1280) if turn % 2 else (1280, 720)
        assert bench.send(vp8_key(*size), 0.5)
        assert bench.send(DELTA)
    assert bench.gate.fault == ""


def test_a_storm_of_sizes_is_refused_until_it_is_calm(bench: Bench) -> None:
    results = [bench.send(vp8_key(640 + 16 * (n % 2), 360), 0.1) for n in range(4 * CHANGES)]
    assert results[0]
    assert not any(results[CHANGES + 1 :])
    assert bench.gate.fault == "camera.unstable"
    assert not bench.send(vp8_key(640, 360), 0.1)
    assert not bench.send(vp8_key(640, 360), 1.0)
    assert bench.send(vp8_key(640, 360), CALM)
    assert bench.gate.fault == ""
    assert bench.send(vp8_key(656, 360), 0.1), "one change more is no storm"


def test_garbage_is_refused_as_unreadable(bench: Bench) -> None:
    assert not bench.send(b"\x10\x00")
    assert bench.gate.fault == "camera.too_large"

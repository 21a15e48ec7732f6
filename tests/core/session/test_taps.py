"""Who hears what cameras send."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from genba.session.taps import Source, Taps

if TYPE_CHECKING:
    from genba.session.camera.unit import AccessUnit

SOURCE = cast("Source", object())
UNIT = cast("AccessUnit", object())


class Ear:
    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.units: list[tuple[Source, AccessUnit]] = []
        self.sounds: list[tuple[Source, bytes, float]] = []

    def unit(self, source: Source, unit: AccessUnit) -> None:
        self.units.append((source, unit))
        if self.broken:
            raise ValueError

    def heard(self, source: Source, data: bytes, time: float) -> None:
        self.sounds.append((source, data, time))
        if self.broken:
            raise ValueError


def test_one_that_fails_is_taken_off_and_harms_no_other() -> None:
    taps, good, bad, worse = Taps(), Ear(), Ear(broken=True), Ear(broken=True)
    for ear in (bad, good, good):
        taps.add(ear)
    taps.unit(SOURCE, UNIT)
    taps.add(worse)
    taps.heard(SOURCE, b"", 1.0)
    taps.unit(SOURCE, UNIT)
    assert (len(good.units), len(good.sounds)) == (2, 1)
    assert (len(bad.units), len(bad.sounds)) == (1, 0)
    assert (len(worse.units), len(worse.sounds)) == (0, 1)
    taps.remove(good)
    taps.remove(good)
    taps.unit(SOURCE, UNIT)
    assert good.units == [(SOURCE, UNIT)] * 2

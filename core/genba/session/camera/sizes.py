"""The size of each picture of a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.camera.bits import BitReader
from genba.session.camera.header import SPS, read_sps, vp8_size

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

_PPS = 8
_SLICES = {1, 2, 5}
_HEAD = 24  # bytes of a NAL unit that hold the few numbers that are read here
_FIELDS = 2
_SETS, _PICTURE_SETS = 32, 256  # as many as H.264 can number


class Sizes:
    """Follows which parameter sets the pictures refer to.

    An H.264 stream may bring several sequence parameter sets and then change between them with
    each picture, and no picture would declare a size of its own.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._sets: dict[int, tuple[int, int]] = {}
        self._pictures: dict[int, int] = {}

    def of(
        self, codec: Literal["h264", "vp8"], data: bytes, nals: Sequence[bytes]
    ) -> tuple[int, int] | None:
        """Return a unit's size in pixels; None where it stays as it was, or is not known.

        ``nals`` are its ``nal_units``. To be asked of all units in turn, after ``check_header``;
        raises ValueError or IndexError where a header is garbled, or more pictures stand in the
        unit than the two fields of one.
        """
        if codec == "vp8":
            return vp8_size(data)
        found: list[tuple[int, int] | None] = []
        for nal in nals:
            kind = nal[0] & 31
            if kind == SPS:
                number, *size = read_sps(nal)
                if number < _SETS:
                    self._sets[number] = (size[0], size[1])
            elif kind == _PPS:
                reader = BitReader(nal[1:_HEAD])
                number, refers = reader.ue(), reader.ue()
                if number < _PICTURE_SETS:
                    self._pictures[number] = refers
            elif kind in _SLICES:
                reader = BitReader(nal[1:_HEAD])
                first = reader.ue() == 0  # macroblock: a picture begins
                reader.ue()  # slice_type
                if first:
                    used = self._pictures.get(reader.ue())
                    found.append(None if used is None else self._sets.get(used))
        if len(found) > _FIELDS or len(set(found)) > 1:
            raise ValueError("several pictures at once")
        return found[0] if found else None

"""The size that a coded picture declares, read before any decoder allocates memory for it.

70 bytes of VP8 can declare 16383 x 16383, and a decoder believes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.camera.bits import BitReader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

LONG, SHORT = 1920, 1088  # pixels, either way round
SPS = 7  # NAL unit type
_SPS_BYTES = 512  # no real one is longer
_HIGH = {44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244}
_REFERENCES = 16


class PictureRefusedError(ValueError):
    """The picture is larger than is decoded here, or its header is garbled."""


def check_header(
    codec: Literal["h264", "vp8"], data: bytes, nals: Sequence[bytes] | None = None
) -> None:
    """Raise PictureRefusedError unless everything that the unit declares can be decoded.

    ``nals`` are its ``nal_units``, where they are known already.
    """
    try:
        if codec == "vp8":
            sizes = [vp8_size(data)]
        else:
            found = nal_units(data) if nals is None else nals
            sizes = [sps_size(nal) for nal in found if nal[0] & 31 == SPS]
    except (ValueError, IndexError) as error:
        raise PictureRefusedError(str(error)) from error
    for size in sizes:
        if size is not None and not (max(size) <= LONG and min(size) <= SHORT and min(size) > 0):
            raise PictureRefusedError(f"{size[0]}x{size[1]} is too large")


def vp8_size(data: bytes) -> tuple[int, int] | None:
    """Return a key frame's width and height (RFC 6386, section 9.1); None: no key frame."""
    if not data:
        raise ValueError("an empty frame")
    if data[0] & 1:
        return None
    if data[3:6] != b"\x9d\x01\x2a":
        raise ValueError("no VP8 start code")
    return (data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF


def nal_units(data: bytes) -> list[bytes]:
    """Return every NAL unit as a decoder would find it: by start code, not by what carried it.

    ``split`` is three times as fast as ``find``, which looks for the same.
    """
    return [nal for nal in data.split(b"\x00\x00\x01")[1:] if nal]


def sps_size(nal: bytes) -> tuple[int, int]:
    """Return width and height in coded pixels (H.264, 7.3.2.1.1).

    They are what memory is made for: cropping, which follows, only hides a part of it.
    """
    return read_sps(nal)[1:]


def read_sps(nal: bytes) -> tuple[int, int, int]:
    """Return a sequence parameter set's number, width and height."""
    reader = BitReader(nal[1:_SPS_BYTES])
    profile = reader.bits(8)
    reader.bits(16)  # constraints and level: what a level allows is limited here by what follows
    number = reader.ue()
    if profile in _HIGH:
        _skip_high(reader)
    reader.ue()  # log2_max_frame_num
    order = reader.ue()
    if order == 0:
        reader.ue()
    elif order == 1:
        reader.bits(1)
        reader.se()
        reader.se()
        for _ in range(reader.ue()):  # ends with the bits at the latest
            reader.se()
    if reader.ue() > _REFERENCES:
        raise ValueError("too many reference frames")
    reader.bits(1)
    width = (reader.ue() + 1) * 16
    height = (reader.ue() + 1) * 16
    return number, width, height if reader.flag() else 2 * height


def _skip_high(reader: BitReader) -> None:
    chroma = reader.ue()
    if chroma == 3:  # noqa: PLR2004  4:4:4
        reader.bits(1)
    if reader.ue() or reader.ue():  # a pixel of more bits takes twice the memory
        raise ValueError("more than 8 bits a sample")
    reader.bits(1)
    if not reader.flag():  # no scaling matrices
        return
    for index in range(12 if chroma == 3 else 8):  # noqa: PLR2004
        if reader.flag():
            _skip_scaling_list(reader, 16 if index < 6 else 64)  # noqa: PLR2004


def _skip_scaling_list(reader: BitReader, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + reader.se()) % 256
        last = following or last

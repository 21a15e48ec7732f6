"""A piece that was torn anywhere is whole again without room for a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.session.recording.trim import trim
from genba.session.recording.writer import PartWriter
from tests.kit.movies import FPS, HEIGHT, WIDTH, encode, read
from tests.kit.pictures import varied

if TYPE_CHECKING:
    from pathlib import Path


def test_a_torn_end_is_cut_off(tmp_path: Path) -> None:
    piece = tmp_path / "piece.mp4"
    writer = PartWriter(piece, FPS)
    for packet in encode((varied(WIDTH, HEIGHT, n) for n in range(20)), 0.0):
        writer.picture(packet)
    writer.close()
    whole = piece.read_bytes()
    trim(piece)
    assert piece.read_bytes() == whole
    counts = []
    for cut in range(1, len(whole) // 2, 997):
        piece.write_bytes(whole[:-cut])
        trim(piece)
        counts.append(len(read(piece).frames))  # an error in it would be an error here
    assert counts == sorted(counts, reverse=True)
    assert counts[0] >= 19

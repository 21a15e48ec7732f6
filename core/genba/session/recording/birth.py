"""When a piece began, written into the piece itself: a crash cannot part the two."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

KEY = "comment"  # a tag that MP4 and Matroska both know
_MARK = "genba-began="


def note(container: OutputContainer, wall: float) -> None:
    """Note the Unix time of the time 0 of a file; before its head is written."""
    container.metadata[KEY] = f"{_MARK}{wall:.6f}"


def read(container: InputContainer) -> float | None:
    """Return the Unix time of the time 0 of a piece, or None where none was noted."""
    text = next((v for k, v in container.metadata.items() if k.lower() == KEY), "")
    try:
        return float(text.removeprefix(_MARK)) if text.startswith(_MARK) else None
    except ValueError:
        return None

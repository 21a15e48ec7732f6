"""One line of what the doctor says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genba.api import Finding


@dataclass(frozen=True, slots=True)
class Row:
    """What one check found. ``key`` is the same in every language, ``name`` is for people."""

    key: str
    name: str
    finding: Finding

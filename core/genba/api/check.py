"""What `genba doctor` and the health page ask."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Grade(StrEnum):
    """How bad a finding is; only ``BAD`` makes `genba doctor` exit non-zero."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer of a check: what was found and, unless good, what cures it."""

    grade: Grade
    what: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A question with a short ``name``; ``run`` gets ten seconds on the event loop."""

    name: str
    run: Callable[[], Awaitable[Finding]]

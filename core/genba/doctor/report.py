"""The doctor's findings as a table for people, or as one line of JSON for programs."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from genba.api import Grade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.doctor.row import Row
    from genba.doctor.say import Say


def table(say: Say, rows: Sequence[Row]) -> str:
    """Return a line per finding, its cure below it, and a sum."""
    grades = {grade: say.text(f"grade.{grade.value}") for grade in Grade}
    first = max(_width(word) for word in grades.values())
    second = max(_width(row.name) for row in rows)
    lines = []
    for row in rows:
        what = row.finding.what
        lines.append(
            f"  {_padded(grades[row.finding.grade], first)}  {_padded(row.name, second)}  {what}"
        )
        if row.finding.cure:
            lines.append(f"{'':{first + second + 6}}{say.text('cure')}: {row.finding.cure}")
    count = Counter(row.finding.grade for row in rows)
    key = next((g for g in (Grade.BAD, Grade.WARN) if count[g]), Grade.GOOD)
    total = say.text(f"sum.{key.value}", warn=count[Grade.WARN], bad=count[Grade.BAD])
    return "\n".join([*lines, "", total])


def as_json(rows: Sequence[Row]) -> str:
    """Return ``{"grade": worst, "findings": [{"name", "grade", "what", "cure"}, …]}``."""
    findings = [
        {
            "name": row.key,
            "grade": row.finding.grade.value,
            "what": row.finding.what,
            "cure": row.finding.cure,
        }
        for row in rows
    ]
    order = list(Grade)
    worst = max((row.finding.grade for row in rows), key=order.index, default=Grade.GOOD)
    return json.dumps({"grade": worst.value, "findings": findings}, ensure_ascii=False)


def _width(text: str) -> int:
    """Return how many columns a terminal gives it."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))

"""What a run has found, as JSON and as a table for people."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The object of the quick form: these, in this order, and "missing".
QUICK_KEYS = (
    "session_720p_core",
    "ffmpeg_ratio_720p",
    "ffmpeg_ratio_1080p",
    "viewer_core",
    "viewer_ratio_to_stock",
    "glass_p95_ms",
    "first_picture_p95_ms",
    "camera_720p30_s",
    "late_ticks",
    "session_rss_mb",
)
DIGITS = 4


@dataclass(slots=True)
class Result:
    """``parts`` holds each part's figures by its name; ``missing`` says why one has none."""

    machine: Mapping[str, object]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, found: object, keys: Mapping[str, str]) -> None:
        """Take a part's figures, a dataclass; ``keys`` are the quick form's, with the attribute."""
        if dataclasses.is_dataclass(found) and not isinstance(found, type):
            self.parts[name] = _rounded(dataclasses.asdict(found))
        for key, attribute in keys.items():
            value = getattr(found, attribute)
            if value is None:
                self.missing[key] = f"{name} found no value"
            else:
                self.keys[key] = round(float(value), DIGITS)

    def lack(self, name: str, why: str, keys: Mapping[str, str]) -> None:
        """Note that a part could not be measured."""
        self.missing[name] = why
        self.missing.update(dict.fromkeys(keys, why))

    def quick(self) -> dict[str, object]:
        """Return the quick form's object: a number for each key, or null and why."""
        found: dict[str, object] = {key: self.keys.get(key) for key in QUICK_KEYS}
        found["missing"] = {
            key: self.missing.get(key, "not measured in this run")
            for key in QUICK_KEYS
            if key not in self.keys
        }
        return found

    def full(self) -> dict[str, object]:
        """Return everything."""
        return {
            "machine": dict(self.machine),
            **self.parts,
            "quick": self.quick(),
            "missing": {k: v for k, v in self.missing.items() if k not in QUICK_KEYS},
        }


def table(result: Result) -> str:
    """Return the figures as lines for people, one a figure."""
    lines = [f"{name}: {value}" for name, value in result.machine.items()]
    for name, figures in result.parts.items():
        lines += ["", name, *(f"  {row}" for row in _rows(figures))]
    lines += ["", *(f"{name}: {why}" for name, why in result.missing.items())]
    return "\n".join(lines).rstrip()


def _rows(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [row for k, v in value.items() for row in _rows(v, f"{path}.{k}" if path else k)]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [row for n, v in enumerate(value) for row in _rows(v, f"{path}[{n}]")]
    return [f"{path:<44} {value}"]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {str(k): _rounded(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return value

"""Figures and times as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.clock import jst

if TYPE_CHECKING:
    from datetime import datetime

_MINUTE, _HOUR = 60, 3600
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000


def moment(at: datetime, lang: str) -> str:
    """Return date and time of day in Japan."""
    local = jst(at)
    if lang == "ja":
        return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local.day} {local:%b %Y, %H:%M} JST"


def length(seconds: float) -> str:
    """Return ``12:34`` or ``1:02:03``."""
    whole = int(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def size(count: int) -> str:
    """Return bytes in the unit that fits, by thousands as file managers do."""
    value = float(count)
    for unit in _UNITS:
        if value < _STEP or unit == _UNITS[-1]:
            return f"{value:.0f} {unit}" if unit in ("B", "KB") else f"{value:.1f} {unit}"
        value /= _STEP
    raise AssertionError

"""Quantiles of few figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def quantile(some: Sequence[float], share: float) -> float:
    """Return the least figure that at least ``share`` of all do not exceed (nearest rank)."""
    ordered = sorted(some)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

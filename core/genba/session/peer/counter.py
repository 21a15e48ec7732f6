"""Counters that wrap: sequence numbers (16 bits) and RTP times (32 bits)."""

from __future__ import annotations


def unwrap(value: int, last: int | None, bits: int) -> int:
    """Extend a wrapped value to the one nearest to ``last``, itself an extended one."""
    if last is None:
        return value
    half = 1 << (bits - 1)
    return last + ((value - last + half) & ((1 << bits) - 1)) - half

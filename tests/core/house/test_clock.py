"""Time: UTC in storage, JST for people, and a distance that never jumps."""

from __future__ import annotations

from datetime import UTC, datetime

from genba.clock import JST, SystemClock, jst


def test_now_is_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_monotonic_never_goes_back() -> None:
    clock = SystemClock()
    first = clock.monotonic()
    assert clock.monotonic() >= first


def test_people_read_japanese_time() -> None:
    moment = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)
    assert jst(moment) == moment
    assert f"{jst(moment):%Y-%m-%d %H:%M %Z}" == "2027-01-01 00:00 JST"
    assert jst(moment).tzinfo is JST

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from genba.session.encoder.fanout import Fanout

if TYPE_CHECKING:
    import pytest


class Basket:
    def __init__(self) -> None:
        self.items: list[int] = []

    def push(self, item: int) -> None:
        self.items.append(item)


class Broken:
    def push(self, item: int) -> None:
        raise RuntimeError(f"disk full at {item}")


def test_a_failing_sink_ends_alone_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    fanout: Fanout[int] = Fanout()
    before, after = Basket(), Basket()
    for sink in (before, Broken(), after):
        fanout.add(sink)
    with caplog.at_level(logging.ERROR):
        fanout.push(1)
        fanout.push(2)
    assert before.items == after.items == [1, 2]
    assert len(fanout) == 2
    assert [record.getMessage() for record in caplog.records] == ["Broken failed and is removed"]
    assert "disk full" in caplog.text


def test_it_tells_of_the_first_and_the_last_sink() -> None:
    told: list[str] = []
    fanout: Fanout[int] = Fanout(
        on_first=lambda: told.append("first"),
        on_last=lambda: told.append("last"),
        on_add=lambda: told.append("add"),
    )
    one, two = Basket(), Basket()
    fanout.add(one)
    fanout.add(one)
    fanout.add(two)
    fanout.remove(one)
    fanout.remove(one)
    fanout.remove(two)
    fanout.add(two)
    assert told == ["first", "add", "add", "last", "first", "add"]


def test_a_sink_that_fails_as_the_last_one_ends_the_source(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []
    fanout: Fanout[int] = Fanout(on_last=lambda: told.append("last"))
    fanout.add(Broken())
    with caplog.at_level(logging.ERROR):
        fanout.push(1)
    assert told == ["last"]


def test_what_is_shared_is_made_once_for_each_fanout() -> None:
    class Branch:
        def __init__(self, fanout: Fanout[int]) -> None:
            self.fanout = fanout

    one: Fanout[int] = Fanout()
    two: Fanout[int] = Fanout()
    assert one.shared(Branch) is one.shared(Branch)
    assert one.shared(Branch) is not two.shared(Branch)
    assert one.shared(Branch).fanout is one

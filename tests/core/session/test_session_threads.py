"""CPU by group of threads."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba.session.threads import Threads, group_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def busy(name: str, seconds: float) -> Iterator[threading.Thread]:
    """Have a thread use so much of the processor, then stand still until the block is left."""
    used, leave = threading.Event(), threading.Event()

    def work() -> None:
        while time.thread_time() < seconds:
            pass
        used.set()
        leave.wait()

    thread = threading.Thread(target=work, name=name)
    thread.start()
    used.wait(20)
    try:
        yield thread
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("MainThread", "loop"),
        ("asyncio_3", "pool"),
        ("decoder", "decoder"),
        ("encoder h264", "encoder"),
        ("recording:view", "recording"),
    ],
)
def test_a_group_is_the_first_word_of_a_name(name: str, group: str) -> None:
    assert group_of(name) == group


def test_threads_of_a_group_are_summed_and_named_in_the_system() -> None:
    threads = Threads()
    with busy("welder 1", 0.03) as one, busy("welder 2", 0.03):
        found = threads.look()
        assert found["welder"] >= 0.06
        assert Path(f"/proc/self/task/{one.native_id}/comm").read_text().strip() == "welder 1"
    assert found["loop"] > 0


def test_what_a_thread_used_stays_when_it_has_ended() -> None:
    threads = Threads()
    with busy("welder", 0.03):
        before = threads.look()["welder"]
    assert threads.look()["welder"] == before
    with busy("welder", 0.03):
        assert threads.look()["welder"] >= before + 0.03

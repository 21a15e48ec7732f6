"""A spare is ready for its first picture, and thrifty."""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from genba.session import warm as module
from genba.session.compositor import fonts
from genba.session.heap import ARENAS, settle
from tests.kit.sessionprocess import session_process

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEAPS = """
import ctypes, sys, threading
from genba.session.heap import keep_little
if sys.argv[1] == "few":
    keep_little()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
ready = threading.Barrier(9)
def use():
    ready.wait()
    [libc.malloc(5000) for _ in range(100)]
    ready.wait()
threads = [threading.Thread(target=use) for _ in range(8)]
[t.start() for t in threads]
ready.wait()
ready.wait()
libc.free.argtypes = [ctypes.c_void_p]
libc.free(libc.malloc(3 << 20))  # from now on glibc would keep such pieces on the heap
large = libc.malloc(2 << 20)
with open("/proc/self/maps") as maps:
    ends = [line.split()[0].split("-") for line in maps if "[heap]" in line]
print("inside" if any(int(a, 16) <= large < int(b, 16) for a, b in ends) else "outside", flush=True)
libc.fdopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, file)
libc.fflush(file)
[t.join() for t in threads]
"""


async def heaps(how: str) -> tuple[int, str]:
    command = [sys.executable, "-c", HEAPS, how]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=True, timeout=30
    )
    return len(re.findall(r"<heap nr=", done.stdout)), done.stdout.split()[0]


async def test_threads_share_heaps_and_pictures_lie_outside() -> None:
    shared, where = await heaps("few")
    assert shared <= ARENAS
    assert where == "outside"
    many, where = await heaps("many")
    assert many > ARENAS, "there would be more otherwise"
    assert where == "inside"


async def test_what_every_session_uses_is_there_before_the_first() -> None:
    fonts.font.cache_clear()
    try:
        await module.warm()
        known = fonts.font.cache_info().currsize
        assert known
        for size in module.LETTERS:
            fonts.font(size)
        assert fonts.font.cache_info().currsize == known
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


async def test_a_session_opens_all_the_same_where_warming_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no such encoder")

    monkeypatch.setattr(module, "open_video", broken)
    with caplog.at_level(logging.ERROR):
        await module.warm()
    assert "warming up failed" in caplog.text


async def test_a_process_that_is_told_to_end_while_it_warms_ends_in_order(tmp_path: Path) -> None:
    async with session_process(tmp_path) as session:
        session.process.terminate()
        assert await asyncio.wait_for(session.process.wait(), 20) == 0


def test_settling_twice_does_no_harm() -> None:
    settle()
    settle()
    gc.unfreeze()

"""The command: what it prints, and what becomes of parts that cannot be measured."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from genba.__main__ import main
from genba.bench.bench import MissingError
from genba.bench.command import measure
from genba.bench.parts import PARTS, Part
from genba.bench.result import QUICK_KEYS, Result, table
from genba.bench.whole import Window, one_more
from tests.kit.realserver import session_members
from tests.kit.until import until

if TYPE_CHECKING:
    from genba.bench.bench import Bench


@dataclass(frozen=True)
class Found:
    core: float = 0.51234567
    nothing: float | None = None


async def good(bench: Bench) -> Found:
    assert bench.folder.name
    return Found()


async def missing(bench: Bench) -> Found:
    raise MissingError("no such program")


async def broken(bench: Bench) -> Found:
    raise ZeroDivisionError("oh")


async def endless(bench: Bench) -> Found:
    await asyncio.sleep(60)
    return Found()


def test_the_quick_form_has_exactly_its_keys() -> None:
    result = Result({"cores": 2})
    result.add("a", Found(), {"viewer_core": "core", "late_ticks": "nothing"})
    result.lack("b", "no Chromium", {"glass_p95_ms": "p95"})
    said = json.loads(json.dumps(result.quick()))
    assert list(said) == [*QUICK_KEYS, "missing"]
    assert said["viewer_core"] == 0.5123
    assert said["late_ticks"] is None
    assert said["missing"]["glass_p95_ms"] == "no Chromium"
    assert set(said["missing"]) == set(QUICK_KEYS) - {"viewer_core"}


def test_every_key_is_given_by_one_part_of_the_quick_form() -> None:
    given = [key for part in PARTS if part.quick for key in part.keys]
    assert sorted(given) == sorted(QUICK_KEYS)
    assert len({part.name for part in PARTS}) == len(PARTS)


async def test_a_part_that_fails_is_named_and_the_others_go_on() -> None:
    parts = [
        Part("broken", broken, quick=5, full=0, keys={"viewer_core": "core"}),
        Part("endless", endless, quick=0.05, full=0),
        Part("full only", broken, quick=0, full=5),
        Part("good", good, quick=5, full=0, keys={"session_720p_core": "core"}),
    ]
    result, fault = await measure(parts, quick=True, seconds=1)
    assert fault
    assert result.keys == {"session_720p_core": 0.5123}
    assert result.missing["viewer_core"] == "ZeroDivisionError: oh"
    assert "longer" in result.missing["endless"]
    assert "full only" not in result.missing
    assert "0.5123" in table(result)


async def test_a_part_that_the_machine_lacks_is_no_fault() -> None:
    result, fault = await measure([Part("it", missing, quick=5, full=0)], quick=True, seconds=1)
    assert not fault
    assert result.full()["missing"] == {"it": "no such program"}


def window(viewers: int, loop: float, encoder: float) -> Window:
    return Window(
        viewers=viewers,
        seconds=10,
        core=loop + encoder,
        groups={"loop": loop, "encoder": encoder},
        view_fps=30,
        late_ticks=0,
        viewer_fps=30,
        longest_gap_ms=40,
        lost=0,
        qualities={"standard": viewers},
        resident_mb=150,
        private_mb=100,
    )


def test_one_viewer_more_is_told_apart_from_a_machine_that_slows_down() -> None:
    few = window(4, 0.10, 0.40)
    assert one_more(few, window(16, 0.16, 0.40)) == pytest.approx(0.005)
    assert one_more(few, window(16, 0.32, 0.80)) == pytest.approx(0.005)


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "everything"]) == 2
    assert "pipeline" in capsys.readouterr().err


async def test_interrupted_it_ends_all_that_it_started() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "genba", "bench", "--quick", "--only", "session_720p"),
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await until(lambda: len(session_members(process.pid)) >= 3, 60)  # a session and its cameras
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            assert await process.wait() == 130
        await until(lambda: not session_members(process.pid), 10)
    finally:
        for left in session_members(process.pid):
            os.kill(left, signal.SIGKILL)

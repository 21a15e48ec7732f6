from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

from genba.bench import browser, peers
from genba.bench.bench import Bench, MissingError
from genba.bench.browserfilm import film
from genba.bench.clips import Clips
from genba.bench.glass import ages, at
from genba.bench.glasscamera import Sample, settled
from genba.bench.glassjoin import joins
from genba.bench.views import VIEWS


def stats(**more: float) -> dict[str, Any]:
    names = ("encode", "encoded", "pacer", "sent", "buffered", "emitted", "decode", "pictures")
    return {**dict.fromkeys(names, 0), **more}


def taken(*pairs: tuple[float, float]) -> dict[str, Any]:
    found = [{"age": age, "received": received} for age, received in pairs]
    return {"ages": found, "refused": 2, "width": 1280, "height": 720}


def test_a_share_is_a_value_that_was_there() -> None:
    assert [at([1, 2, 3, 4], share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 3, 4, 4]


def test_ages_are_split_at_the_viewers_network() -> None:
    found = ages(
        taken((100, 70), (120, 80), (140, 90)),
        stats(encode=10, encoded=5),
        stats(encode=40, encoded=15),
        seconds=0.1,
    )
    assert (found.p50, found.p95, found.least) == (120, 140, 100)
    assert (found.received_p50, found.shown_p50) == (80, 40)
    assert (found.encode, found.decode) == (3, 0)
    assert (found.pictures, found.refused, round(found.fps)) == (3, 2, 30)


def test_a_clock_that_is_ahead_is_set_right() -> None:
    ahead = ages(taken((100, 70)), stats(), stats(), seconds=1, skew=5)
    assert (ahead.p50, ahead.received_p50, ahead.shown_p50) == (95, 65, 30)


def test_the_first_join_is_no_part_of_the_others() -> None:
    found = joins([900.0, *(float(n) for n in range(20))])
    assert (found.cold, found.joins, found.p95, found.most) == (900, 20, 19, 19)


def leaving(*parts: tuple[float, int, float]) -> list[Sample]:
    """Return samples each 100 ms: until a moment, so many lines, at a rate."""
    found, now, pictures = [], 0.0, 0.0
    for until, lines, rate in parts:
        while now < until:
            now += 0.1
            pictures += rate / 10
            found.append(Sample(now, lines, round(pictures)))
    return found


def test_a_camera_has_settled_once_a_whole_second_is_large_and_fast() -> None:
    assert settled(leaving((1.0, 360, 30), (3.0, 720, 30))) == pytest.approx(1.1, abs=0.15)
    assert settled(leaving((1.0, 720, 5), (3.0, 720, 30))) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize(
    "parts",
    [
        [(3.0, 360, 30.0)],
        [(3.0, 720, 20.0)],
        [(1.0, 360, 30.0), (1.9, 720, 30.0)],
        [(0.5, 720, 30.0), (0.6, 360, 30.0), (1.2, 720, 30.0)],
    ],
    ids=["small", "slow", "not yet a second", "smaller in between"],
)
def test_a_camera_that_is_small_or_slow_has_not(parts: list[tuple[float, int, float]]) -> None:
    assert settled(leaving(*parts)) is None


def test_without_chromium_or_playwright_the_reason_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingError, match="Chromium"):
        browser.program()
    monkeypatch.setitem(__import__("sys").modules, "playwright", None)
    with pytest.raises(MissingError, match="Playwright"):
        browser.program()


async def test_without_the_peers_the_reason_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bench = Bench(tmp_path, Clips(tmp_path, 1), quiet=True)
    with pytest.raises(MissingError, match="gst-launch"):
        await peers.gstreamer(VIEWS["720p"], (), bench)


def test_each_camera_has_its_place_in_a_peers_picture() -> None:
    words = list(peers.pipeline(VIEWS["720p"], [Path(f"/{n}.mp4") for n in range(4)], "decoder x"))
    assert words.count("decoder") == 4
    assert {"sink_3::xpos=640", "sink_3::ypos=360", "sink_0::xpos=0"} <= set(words)


def test_the_cost_of_a_process_is_that_of_its_whole_tree() -> None:
    burn = "import time\nwhile time.process_time() < 0.4: pass\nprint(flush=True)\ninput()"
    shell = [sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"]
    with subprocess.Popen(
        [*shell, sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert peers.cost([process.pid]) >= 0.4
        process.communicate(b"\n")


async def test_a_film_is_what_the_clip_shows(tmp_path: Path) -> None:
    clip = (await Clips(tmp_path, 1).paths())[0]
    made = await asyncio.to_thread(film, clip, tmp_path / "film.y4m")
    assert await asyncio.to_thread(_first_luma, made) == await asyncio.to_thread(_first_luma, clip)


def _first_luma(path: Path) -> bytes:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray().tobytes()

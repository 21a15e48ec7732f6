"""Writes the table of docs/performance.md from a run: `python tools/performance_table.py FILE`.

FILE is what `genba bench --out FILE` wrote; a run of the full form has every row.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
RUN = ROOT / "bench" / "results" / "reference.json"
_BLOCK = re.compile(r"<!-- table -->\n.*<!-- end -->", re.DOTALL)
SMALL = 0.01  # core; less has a digit more
FACTS = ("processor", "cores", "memory_mb", "system", "python", "pyav", "ffmpeg", "load_before")


class Row(NamedTuple):
    """One figure: what people call it, where it stands in the run, its unit, what it should be."""

    what: str
    path: str
    unit: str = "core"
    goal: str = ""


ROWS = (
    Row("decode 4 + compose + encode, 720p", "pipeline.genba_720p"),
    Row("the same by FFmpeg's `xstack`", "pipeline.ffmpeg_720p"),
    Row("ratio", "pipeline.ratio_720p", "×", "≤ 0.95"),
    Row("decode 4 + compose + encode, 1080p", "pipeline.genba_1080p"),
    Row("the same by FFmpeg's `xstack`", "pipeline.ffmpeg_1080p"),
    Row("ratio", "pipeline.ratio_1080p", "×", "≤ 0.95"),
    Row("GStreamer's compositor, 720p", "peers.gstreamer_720p"),
    Row("GStreamer's compositor, 1080p", "peers.gstreamer_1080p"),
    Row("browser on a virtual screen, grabbed, 720p", "peers.grabbed_720p"),
    Row("browser on a virtual screen, grabbed, 1080p", "peers.grabbed_1080p"),
    Row("whole session, 720p, 4 viewers", "session_720p.session.few.core", "core", "≤ 0.60"),
    Row("… of it: network (`loop`)", "session_720p.session.few.groups.loop"),
    Row("… decoders", "session_720p.session.few.groups.decoder"),
    Row("… compositor", "session_720p.session.few.groups.compositor"),
    Row("… encoder", "session_720p.session.few.groups.encoder"),
    Row("… mixer and Opus", "session_720p.session.few.groups.mixer"),
    Row("… five recordings", "session_720p.session.few.groups.recording"),
    Row("whole session, 720p, 16 viewers", "session_720p.session.many.core"),
    Row("slowest of 16 viewers", "session_720p.session.many.viewer_fps", "fps", "30.0"),
    Row("late ticks in both", "session_720p.late_ticks", "", "0"),
    Row("whole session, 1080p, 4 viewers", "session_1080p.few.core", "core", "≤ 0.85"),
    Row("one viewer more", "session_720p.viewer_core", "core", "≤ 0.004"),
    Row("one viewer more, stock aiortc", "session_720p.stock.viewer_core"),
    Row("stock aiortc / Genba", "session_720p.viewer_ratio_to_stock", "×", "≥ 150"),
    Row("two sessions at once, both", "several.two.cores"),
    Row("… slowest viewer", "several.two.viewer_fps", "fps"),
    Row("… late ticks", "several.two.late_ticks", "", "0"),
    Row("three sessions at once, all", "several.three.cores"),
    Row("… slowest viewer", "several.three.viewer_fps", "fps", "30.0"),
    Row("… late ticks", "several.three.late_ticks", "", "0"),
    Row("glass to glass, the view, p50", "glass.composite.p50", "ms"),
    Row("glass to glass, the view, p95", "glass.composite.p95", "ms", "≤ 120"),
    Row("glass to glass, passed through, p50", "glass.passed.p50", "ms"),
    Row("glass to glass, passed through, p95", "glass.passed.p95", "ms", "≤ 65"),
    Row("first picture after a join, p95", "join.p95", "ms", "≤ 500"),
    Row("Chromium's camera at 720p30, from the tap", "camera.from_tap", "s", "≤ 2"),
    Row("… from the connection", "camera.seconds", "s"),
    Row("opening a session, p50", "api.open_p50", "ms"),
    Row("opening a session, p95", "api.open_p95", "ms", "≤ 300"),
    Row("opening one right after another", "api.open_again", "ms"),
    Row("API at 200 requests a second, p95", "api.p95", "ms", "≤ 200"),
    Row("resident, 4 cameras, 4 viewers, recording", "session_720p.resident_mb", "MB", "≤ 150"),
    Row("resident, a spare", "session_720p.session.spare_mb", "MB"),
)


def table(run: dict[str, Any]) -> str:
    """Return the machine's facts and a row for each figure that the run has."""
    machine = run["machine"]
    facts = ", ".join(f"{name.replace('_', ' ')} {machine[name]}" for name in FACTS)
    lines = [
        f"Measured at {machine['measured_at']}: {facts}.",
        "",
        "| figure | measured | goal |",
        "|---|---|---|",
    ]
    for row in ROWS:
        value = _find(run, row.path)
        if value is not None:
            lines.append(f"| {row.what} | {_said(value, row.unit)} | {row.goal} |")
    steps = _find(run, "layers.steps") or []
    if steps:
        lines += ["", "| one after another | resident MB | core |", "|---|---|---|"]
        lines += [f"| {s['what']} | {s['resident_mb']:.0f} | {s['core']:.3f} |" for s in steps]
    lacks = {k: v for k, v in run["missing"].items() if v}
    lines += ["", *(f"Not measured: {name}: {why}" for name, why in lacks.items())]
    return "\n".join(lines).rstrip() + "\n"


def page(text: str, run: dict[str, Any]) -> str:
    """Return the page with the run's table."""
    return _BLOCK.sub(lambda _: f"<!-- table -->\n{table(run)}<!-- end -->", text)


def _find(run: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(run, dict) or name not in run:
            return None
        run = run[name]
    return run


def _said(value: float, unit: str) -> str:
    if not unit:
        return f"{value:g}"
    digits = {"core": 3, "×": 2, "ms": 0, "MB": 0}.get(unit, 1)
    if unit == "core" and value < SMALL:
        digits = 4
    return f"{value:.{digits}f} {unit}"


def main() -> None:
    """Keep the run as the reference and write the page."""
    run = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    RUN.parent.mkdir(parents=True, exist_ok=True)
    RUN.write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(PAGE.read_text("utf-8"), run), "utf-8")


if __name__ == "__main__":
    main()

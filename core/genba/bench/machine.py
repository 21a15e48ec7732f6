"""The facts of the machine that figures belong to. Blocking."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from genba import __version__


def facts() -> dict[str, object]:
    """Return what a reader has to know to compare; ``load_before`` tells whether it was quiet."""
    return {
        "genba": __version__,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int((_line("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024,
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "pyav": version("av"),
        "aiortc": version("aiortc"),
        "ffmpeg": _ffmpeg_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def ffmpeg() -> str | None:
    """Return FFmpeg's program: the one that ``imageio-ffmpeg`` brings, else the system's."""
    if importlib.util.find_spec("imageio_ffmpeg") is not None:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    return shutil.which("ffmpeg")


def _ffmpeg_version() -> str:
    program = ffmpeg()
    if program is None:
        return "none"
    said = subprocess.run(  # noqa: S603 (a program that was found, and no stranger's words)
        [program, "-version"], capture_output=True, text=True, check=False
    )
    return " ".join(said.stdout.split()[2:3]) or "unknown"


def _line(path: str, name: str) -> str:
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")

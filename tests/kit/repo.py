"""The files of the project, as tests about the project see them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MADE = {".venv", ".tools", ".git", "node_modules", "genba-data", "dist", "__pycache__"}
_BINARY = {".png", ".jpg", ".ico", ".woff2", ".mp4", ".gz"}


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is or would be kept: git's answer, else a walk where git is not."""
    try:
        answer = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        found = [p for p in ROOT.rglob("*") if not _MADE & set(p.relative_to(ROOT).parts)]
    else:
        found = [ROOT / name for name in answer.stdout.decode().split("\0") if name]
    return tuple(sorted(p for p in found if p.is_file()))


def texts(*suffixes: str) -> dict[str, str]:
    """Return the text files by their path in the project; no ``suffixes``: all of them."""
    return {
        p.relative_to(ROOT).as_posix(): p.read_text("utf-8")
        for p in files()
        if p.suffix not in _BINARY and (not suffixes or p.suffix in suffixes)
    }

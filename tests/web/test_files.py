from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from genba_web import ROOT

STATIC = ROOT / "static"
REPOSITORY = Path(__file__).resolve().parents[2]


def test_vendored_files_are_those_of_the_list() -> None:
    lines = (STATIC / "vendor" / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    files = {p.name: p for p in (STATIC / "vendor").iterdir() if p.name != "SHA256SUMS"}
    assert set(files) == set(listed)
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == listed[name], name


def test_the_vendoring_script_finds_them_right() -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "tools" / "vendor"), "--check"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_every_icon_that_is_asked_for_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "vendor/icons.svg").read_text()))
    asked: set[str] = set()
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        for call in re.findall(r"\bicon\(([^)]*)\)", text):
            asked |= set(re.findall(r'"([a-z-]+)"', call))
    for script in set((STATIC / "js").rglob("*.js")) - {STATIC / "js" / "dom.js"}:
        text = script.read_text("utf-8")
        asked |= set(re.findall(r"\b(?:icon|tool|link\(\w+,)\(?'([a-z-]+)'", text))
        for call in re.findall(r"\bsetIcon\([^;]*;", text):
            asked |= set(re.findall(r"'([a-z-]+)'", call))
    assert len(asked) > 20
    assert asked <= sprite


@pytest.mark.parametrize(
    "file",
    [p for p in ROOT.rglob("*") if p.suffix in (".js", ".css", ".html")],
    ids=lambda p: p.name,
)
def test_files_stay_short_and_hold_no_inline_code(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) < 400
    if file.suffix == ".html":
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
        assert not re.search(r"<script(?![^>]*(?:src=|application/json))", text)
    if file.suffix == ".js":
        assert not re.search(r"\binnerHTML\s*=[^=]|\beval\(|new Function|document\.write", text)
    assert "http://" not in text.replace("http://www.w3.org/", "").replace(
        "http://127.0.0.1:8080/", ""
    )

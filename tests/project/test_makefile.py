"""`make`, and what it does about packages and Python on machines unlike this one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.kit.repo import ROOT

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("setup", "demo", "test", "check", "bench", "fmt")


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def packages(fakes: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Run tools/packages.sh with ``fakes`` first on PATH."""
    return subprocess.run(
        ["sh", "tools/packages.sh", *names],
        cwd=ROOT,
        env={"PATH": f"{fakes}:/usr/bin:/bin", "HOME": str(fakes)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A Debian on which libyuv0 is there, chromium is not, and apt notes what it is asked."""
    script(
        tmp_path / "dpkg-query",
        'for last in "$@"; do :; done\ncase "$last" in libyuv0) printf "ii ";; *) exit 1;; esac',
    )
    script(
        tmp_path / "apt-get",
        'echo "$@" >>"$HOME/asked"\n'
        'case "$1" in update) touch "$HOME/lists";; *) [ -e "$HOME/lists" ];; esac',
    )
    return tmp_path


def test_every_target_is_there_and_needs_setup() -> None:
    text = (ROOT / "Makefile").read_text("utf-8")
    for target in TARGETS:
        rule = re.search(rf"^{target}:(.*)$", text, re.MULTILINE)
        assert rule, target
        if target != "setup":
            assert "setup" in rule[1].split()


def test_the_gate_runs_check_and_test_from_nothing() -> None:
    gate = ROOT / ".ci/run"
    assert os.access(gate, os.X_OK)
    lines = gate.read_text("utf-8").splitlines()
    assert [line.removeprefix("exec ") for line in lines[-2:]] == ["make check", "make test"]


def test_every_target_expands() -> None:
    done = subprocess.run(
        ["make", "--dry-run", *TARGETS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for part in ("genba demo", "pytest", "ruff check", "mypy", "lint-imports", "genba bench"):
        assert part in done.stdout


def test_root_gets_missing_packages_and_lists_only_when_needed(machine: Path) -> None:
    script(machine / "id", "echo 0")
    done = packages(machine, "libyuv0", "chromium")
    asked = (machine / "asked").read_text().splitlines()
    assert done.returncode == 0
    assert [line.split()[0] for line in asked] == ["install", "update", "install"]
    assert all("chromium" in line and "libyuv0" not in line for line in (asked[0], asked[2]))
    (machine / "asked").unlink()
    packages(machine, "chromium")
    assert [line.split()[0] for line in (machine / "asked").read_text().splitlines()] == ["install"]


def test_nothing_is_asked_when_all_is_there(machine: Path) -> None:
    script(machine / "id", "echo 0")
    done = packages(machine, "libyuv0")
    assert (done.returncode, done.stderr) == (0, "")
    assert not (machine / "asked").exists()


def test_others_than_root_are_told_the_command(machine: Path) -> None:
    script(machine / "id", "echo 1000")
    done = packages(machine, "libyuv0", "chromium", "fonts-noto-cjk")
    assert done.returncode == 0
    command = "sudo apt-get install -y --no-install-recommends chromium fonts-noto-cjk"
    assert command in done.stderr
    assert not (machine / "asked").exists()


def test_without_a_fit_python_the_message_says_what_to_install(tmp_path: Path) -> None:
    copy = tmp_path / "project"
    (copy / "tools").mkdir(parents=True)
    for name in ("setup.sh", "packages.sh"):
        shutil.copy(ROOT / "tools" / name, copy / "tools")
    fakes = tmp_path / "bin"
    fakes.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        script(fakes / name, "exit 1")
    for name in ("sh", "dirname"):
        found = shutil.which(name)
        assert found
        (fakes / name).symlink_to(found)
    done = subprocess.run(
        ["sh", "tools/setup.sh"],
        cwd=copy,
        env={"PATH": str(fakes), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer" in done.stderr
    assert "apt-get install python3" in done.stderr
    assert not (copy / ".venv").exists()

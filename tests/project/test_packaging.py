"""What is built, locked, layered and imported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.kit.repo import ROOT, files


def run(*words: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False
    )


def program(name: str) -> str:
    """Return a tool of the environment that runs the tests."""
    return str(Path(sys.executable).parent / name)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel as a release would, without a network."""
    out = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_five_packages(wheel: zipfile.ZipFile) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    roots = ("core", "web", "plugins/browser", "plugins/teams", "plugins/zoom")
    wanted = set()
    for root in roots:
        inside = (p.relative_to(ROOT / root) for p in files() if p.is_relative_to(ROOT / root))
        wanted |= {p.as_posix() for p in inside if p.parts[0].startswith("genba")}
    assert wanted <= packed
    for part in ("templates", "static", "locales"):
        assert any(name.startswith(f"genba_web/{part}/") for name in packed)
        assert any(name.startswith(f"genba_browser/{part}/") for name in packed)
    assert {name.split("/")[0] for name in packed} == {
        "genba",
        "genba_web",
        "genba_browser",
        "genba_teams",
        "genba_zoom",
    }


def test_the_wheel_names_its_command_and_its_plugins(wheel: zipfile.ZipFile) -> None:
    name = next(n for n in wheel.namelist() if n.endswith("entry_points.txt"))
    points = wheel.read(name).decode()
    for line in ("genba = genba.__main__:main", "browser = genba_browser", "teams = genba_teams"):
        assert line in points


def test_the_wheel_runs_where_nothing_of_the_source_is(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    wheel.extractall(tmp_path)
    check = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import genba, genba_web\n"
        "assert genba.__file__.startswith(sys.argv[1]), genba.__file__\n"
        "assert (genba_web.ROOT / 'templates' / 'base.html').is_file()\n"
        "from genba.__main__ import parser\n"
        "print(parser().format_usage())\n"
    )
    done = run(sys.executable, "-c", check, tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "usage: genba" in done.stdout


@pytest.mark.parametrize("name", ["core", "web", "plugins", "tests"])
def test_folders_of_the_source_are_no_packages(name: str, tmp_path: Path) -> None:
    done = run(sys.executable, "-c", f"import {name}", cwd=tmp_path)
    assert "ModuleNotFoundError" in done.stderr


def test_each_package_imports_by_its_name(tmp_path: Path) -> None:
    names = "genba, genba_web, genba_browser, genba_teams, genba_zoom"
    assert run(sys.executable, "-c", f"import {names}", cwd=tmp_path).returncode == 0


def test_the_layers_hold() -> None:
    done = run(program("lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_the_lock_fits_the_project() -> None:
    """Ask uv where there is one; where there is none, compare what the lock says of us."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    own = next(p for p in lock["package"] if p["name"] == "genba")
    locked = {p["name"]: p.get("version") for p in lock["package"]}
    wanted = {one.partition("[")[0] for one in _names(project["project"]["dependencies"])}
    assert {d["name"] for d in own["dependencies"]} == wanted
    dev = {d["name"] for d in own["dev-dependencies"]["dev"]}
    assert dev == set(_names(project["dependency-groups"]["dev"]))
    for exact in (d for d in project["project"]["dependencies"] if "==" in d):
        name, _, version = exact.partition("==")
        assert locked[name] == version
    uv = shutil.which("uv") or next(map(str, ROOT.glob(".tools/uv/bin/uv")), None)
    if uv is not None:
        done = subprocess.run(
            [uv, "lock", "--check", "--offline", "--no-python-downloads"],
            cwd=ROOT,
            env={**os.environ, "UV_PROJECT_ENVIRONMENT": ".venv"},
            capture_output=True,
            text=True,
            check=False,
        )
        offline = "network" in done.stderr or "offline" in done.stderr or "cache" in done.stderr
        assert done.returncode == 0 or offline, done.stderr


def _names(requirements: list[str]) -> list[str]:
    return [re.split(r"[\[<>=, ]", one)[0] for one in requirements]

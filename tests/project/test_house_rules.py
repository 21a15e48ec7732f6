"""What holds for every file of the project."""

from __future__ import annotations

import hashlib
import re
import tomllib

import pytest

from genba import __version__
from tests.kit.repo import ROOT, files, texts

LONGEST = 400  # lines of a file that a person reads
READ = (".py", ".js", ".css", ".html", ".sh")
THIS = "tests/project/test_house_rules.py"

# The project speaks of itself alone, and of no machine in particular.
FORBIDDEN = {
    "a machine's path": r"(?<![\w./-])/(?:work|root|home/\w+)/",
    "a package registry": (
        r"\bpypi\.org|pythonhosted\.org|registry\.npmjs|proxy\.golang\.org|crates\.io"
    ),
    "work left undone": r"\b(?:TODO|FIXME|XXX|HACK)\b",
    "how it was written": r"(?i)\bprototypes?\b|\bdesign page\b|\bissue #?\d|\bLLM\b|\bChatGPT\b",
}


def test_files_are_short_enough_to_read() -> None:
    long = {
        name: text.count("\n")
        for name, text in texts(*READ).items()
        if text.count("\n") > LONGEST and "/vendor/" not in name
    }
    assert long == {}


@pytest.mark.parametrize("what", list(FORBIDDEN))
def test_the_project_speaks_of_itself_alone(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name}:{n}: {line.strip()[:100]}"
        for name, text in texts().items()
        if name != THIS and not name.endswith(".lock") and "/kit/vendor/" not in name
        for n, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_test_files_have_names_of_their_own() -> None:
    names = [p.name for p in files() if p.name.startswith("test_") and p.suffix == ".py"]
    assert sorted(names) == sorted(set(names))


def test_no_test_is_skipped_or_sleeps() -> None:
    barred = re.compile(
        r"pytest\.skip\(|mark\.skip(?:if)?\b|\btime\.sleep\(|mark\.xfail|importorskip"
    )
    found = [
        f"{name}:{n}"
        for name, text in texts(".py").items()
        if name.rpartition("/")[2].startswith("test_") and name != THIS
        for n, line in enumerate(text.splitlines(), 1)
        if barred.search(line)
    ]
    assert found == []


def test_every_ignore_has_a_reason_or_a_code() -> None:
    bare = re.compile(r"#\s*noqa(?!:\s*[A-Z])|#\s*type:\s*ignore(?!\[)")
    found = [
        f"{name}:{n}"
        for name, text in texts(".py").items()
        if name != THIS
        for n, line in enumerate(text.splitlines(), 1)
        if bare.search(line)
    ]
    assert found == []


def test_each_module_begins_with_its_promise() -> None:
    found = [
        name
        for name, text in texts(".py").items()
        if text.strip() and not name.startswith("tests/") and not text.startswith('"""')
    ]
    assert found == []


def test_the_licence_stands_where_it_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    assert "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    for name in project["license-files"]:
        assert (ROOT / name).is_file()


def test_vendored_files_have_their_licence_and_sum() -> None:
    folder = ROOT / "web/genba_web/static/vendor"
    lines = (folder / "SHA256SUMS").read_text("utf-8").splitlines()
    sums = {name: value for value, name in (line.split(maxsplit=1) for line in lines)}
    there = {p.name for p in folder.iterdir()} - {"SHA256SUMS"}
    assert set(sums) == there
    for name, expected in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected
        if "LICENSE" not in name:
            assert f"{name.split('.')[0]}.LICENSE.txt" in there


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")

"""The documentation: its links lead somewhere, its tables are the code's."""

from __future__ import annotations

import re
import tomllib
from pathlib import PurePosixPath

import pytest

from genba.errors import PROBLEMS
from tests.kit.repo import ROOT, texts
from tools.settings_table import PAGE, page

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PAGES = sorted(texts(".md"))


def anchors(text: str) -> set[str]:
    """Return the fragments that a heading can be linked by."""
    titles = (re.sub(r"[^\w\- ]", "", title.lower()) for title in _HEADING.findall(text))
    return {title.strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("name", PAGES)
def test_relative_links_lead_somewhere(name: str) -> None:
    every = texts(".md")
    for pair in _LINK.findall(every[name]):
        target = next(filter(None, pair))
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        there = (ROOT / PurePosixPath(name).parent / path).resolve() if path else ROOT / name
        assert there.exists(), target
        if fragment:
            shown = there.relative_to(ROOT).as_posix()
            assert fragment in anchors(every[shown]), target


def test_the_settings_page_is_the_table_of_the_code() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text
    assert "`server.port`" in text


def test_every_error_code_is_documented() -> None:
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    missing = [code for code in PROBLEMS if f"`{code}`" not in text]
    assert missing == []


def test_each_decision_says_context_decision_and_consequences() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text("utf-8")
    records = [p for p in folder.glob("*.md") if p.name not in ("README.md", "dependencies.md")]
    assert len(records) >= 8
    for record in records:
        text = record.read_text("utf-8")
        assert f"({record.name})" in index
        headings = ("## Context", "## Decision", "## Consequences")
        places = [text.index(heading) for heading in headings]
        assert places == sorted(places), record.name


def test_each_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    text = (ROOT / "docs/decisions/dependencies.md").read_text("utf-8")
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = [re.split(r"[\[<>=,]", one)[0] for one in wanted]
    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("name", ["README.md", "README.ja.md"])
def test_the_readme_shows_the_two_commands_and_a_picture(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert "git clone" in text
    assert "make demo" in text
    assert "docs/images/console.png" in text


def test_the_two_readmes_have_the_same_parts() -> None:
    levels = [
        [
            line.split()[0]
            for line in (ROOT / name).read_text("utf-8").splitlines()
            if line[:1] == "#"
        ]
        for name in ("README.md", "README.ja.md")
    ]
    assert levels[0] == levels[1]

"""docs/plugin-hooks.md says what the code says, and its examples are plugins that work."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba.api import hookspecs

if TYPE_CHECKING:
    from tests.kit.plugin import Workshop

DOC = (Path(__file__).parents[3] / "docs" / "plugin-hooks.md").read_text("utf-8")
HOOKS = {name: spec for name, spec in vars(hookspecs).items() if name.startswith("genba_")}
SECTIONS = {
    title.strip("`"): text
    for title, text in re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", DOC, re.MULTILINE | re.DOTALL)
}
IMPORTS = """
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
log = logging.getLogger(__name__)
"""


def examples(section: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


def test_every_hook_is_documented_and_no_other() -> None:
    assert [name for name in SECTIONS if name.startswith("genba_")] == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_the_arguments_are_exact(name: str) -> None:
    spec = HOOKS[name]
    parameters = [f"{p.name}: {p.annotation}" for p in inspect.signature(spec).parameters.values()]
    returns = inspect.get_annotations(spec)["return"]
    assert examples(SECTIONS[name])[0] == f"{name}({', '.join(parameters)}) -> {returns}\n"


@pytest.mark.parametrize("name", HOOKS)
def test_when_where_and_how_long_is_said(name: str) -> None:
    said = re.findall(r"^- \*\*(\w+):\*\* \S", SECTIONS[name], re.MULTILINE)
    assert said == ["When", "Process", "Limit", "Failure"]
    told = "Awaitable" in inspect.get_annotations(HOOKS[name])["return"]
    assert ("five seconds" in SECTIONS[name]) == told


def test_the_limit_is_the_one_of_the_code() -> None:
    from genba.plugins import HOLD, PATIENCE

    assert PATIENCE == 5
    assert "has **five seconds**" in DOC
    assert HOLD == 0.1
    assert "holds it for 0.1 s" in DOC


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_is_a_plugin(workshop: Workshop, name: str) -> None:
    (example,) = examples(SECTIONS[name])[1:]
    workshop.write("example", IMPORTS + example)
    plugins = workshop.load()
    assert plugins.broken == {}
    ask = getattr(plugins, name.removeprefix("genba_"))
    if name == "genba_settings":
        assert list(ask()) == ["example"]
    elif "Awaitable" not in inspect.get_annotations(HOOKS[name])["return"]:
        by = "signboard" if name == "genba_publishers" else "example"
        assert list(ask(lambda _: {"address": ""})) == [by]
    assert plugins.broken == {}

"""docs/performance.md has the figures of the run that is kept."""

from __future__ import annotations

import importlib.util
import json

from genba.bench.parts import PARTS
from tests.kit.repo import ROOT

_spec = importlib.util.spec_from_file_location("table", ROOT / "tools" / "performance_table.py")
assert _spec is not None
assert _spec.loader is not None
performance = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(performance)


def test_the_page_has_the_table_of_the_kept_run() -> None:
    run = json.loads((ROOT / "bench/results/reference.json").read_text("utf-8"))
    text = (ROOT / "docs/performance.md").read_text("utf-8")
    assert performance.page(text, run) == text
    assert performance.table(run).count("\n| ") > 20


def test_the_page_names_every_part() -> None:
    text = (ROOT / "docs/performance.md").read_text("utf-8")
    assert [part.name for part in PARTS if f"`{part.name}`" not in text] == []


def test_rows_are_of_parts_that_there_are() -> None:
    names = {part.name for part in PARTS}
    assert {row.path.partition(".")[0] for row in performance.ROWS} <= names

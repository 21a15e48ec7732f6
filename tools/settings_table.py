"""Writes the tables of docs/settings.md from the code: `python tools/settings_table.py`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genba.settings import SECTIONS

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
_BLOCK = re.compile(r"<!-- table -->\n.*<!-- end -->", re.DOTALL)


def tables() -> str:
    """Return a heading and a table for each section."""
    return "\n".join(_table(name, model) for name, model in SECTIONS.items())


def page(text: str) -> str:
    """Return the page with its tables as they should be."""
    return _BLOCK.sub(lambda _: f"<!-- table -->\n{tables()}<!-- end -->", text)


def _table(section: str, model: type[BaseModel]) -> str:
    rows = [
        f"## `[{section}]`",
        (model.__doc__ or "").strip(),
        "",
        "| setting | environment | kind | default | meaning |",
        "|---|---|---|---|---|",
    ]
    for name, field in model.model_fields.items():
        variable = f"GENBA_{section}_{name}".upper()
        cells = (f"`{section}.{name}`", f"`{variable}`", _kind(model, name), _default(field))
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| {' | '.join(cells)} | {meaning} |")
    return "\n".join(rows) + "\n"


def _kind(model: type[BaseModel], name: str) -> str:
    schema: dict[str, Any] = model.model_json_schema()["properties"][name]
    if "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema["enum"])
    if schema["type"] == "array":
        return "list of text"
    if schema["type"] == "integer":
        low, high = schema.get("minimum"), schema.get("maximum")
        return f"number, {low} to {high}" if high is not None else f"number, from {low}"
    return "path" if schema.get("format") == "path" else "text"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value in ("", ()):
        return "none"
    return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")

"""A setting that a plugin adds to the table of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Setting:
    """Named ``<plugin>.<name>`` in files, ``GENBA_<PLUGIN>_<NAME>`` in the environment.

    ``default`` fixes the type. A ``secret`` is never printed, logged or sent to a page.
    """

    name: str
    default: str | int | bool
    help: str
    secret: bool = False
    kind: Literal["text", "url", "number", "flag"] = "text"

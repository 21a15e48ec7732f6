"""The catalogues of texts: the house's own and, below their names, the plugins'."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from genba.server.http.language import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HOLE = re.compile(r"\{(\w+)\}")


class Texts:
    """Texts by language and key; ``load`` blocks, the rest does not."""

    def __init__(self) -> None:
        """Begin empty."""
        self._all: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}

    def load(self, folder: Path, prefix: str = "") -> None:
        """Add ``folder/{ja,en}.json``; raises ValueError for a file that is no flat object."""
        for language in LANGUAGES:
            path = folder / f"{language}.json"
            if not path.is_file():
                continue
            found = json.loads(path.read_text("utf-8"))
            if not isinstance(found, dict):
                raise ValueError(f"{path} is no object")  # noqa: TRY004 (one kind of bad file)
            self._all[language].update({prefix + key: str(text) for key, text in found.items()})

    def catalogue(self, language: str) -> Mapping[str, str]:
        """Return all texts of a language."""
        return self._all[language]

    def get(self, language: str, key: str, /, **values: object) -> str:
        """Return a text with its ``{name}``s filled in; a key without a text shows itself."""
        text = self._all[language].get(key, key)
        return _HOLE.sub(lambda m: str(values.get(m[1], m[0])), text)

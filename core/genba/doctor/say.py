"""What the doctor says, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genba.api import Finding, Grade
from genba.doctor.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["ja", "en"]


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language of a terminal: POSIX's three variables, the first that is set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "ja" if environment[name].startswith("ja") else "en"
    return "en"


@dataclass(frozen=True, slots=True)
class Say:
    """Makes findings of text keys: ``<key>`` says what, ``<key>.cure`` what to do."""

    language: Language

    def text(self, key: str, **facts: object) -> str:
        """Return a text with its facts; an unknown key is a fault of the caller (KeyError)."""
        english, japanese = TEXTS[key]
        return (japanese if self.language == "ja" else english).format(**facts)

    def good(self, key: str, **facts: object) -> Finding:
        """Find that all is well."""
        return Finding(Grade.GOOD, self.text(key, **facts))

    def warn(self, key: str, **facts: object) -> Finding:
        """Find that it works, but less well than it could."""
        return Finding(Grade.WARN, self.text(key, **facts), self.text(f"{key}.cure", **facts))

    def made(self, grade: str, what: str, cure: str) -> Finding:
        """Find what was put into words already; ``grade`` is a Grade's value."""
        return Finding(Grade(grade), what, cure)

    def bad(self, key: str, **facts: object) -> Finding:
        """Find that it cannot work."""
        return Finding(Grade.BAD, self.text(key, **facts), self.text(f"{key}.cure", **facts))

"""Where lines wait while the database is away: a file, oldest first. Blocking: for threads."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from genba.server.audit.entry import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ADD = os.O_WRONLY | os.O_APPEND | os.O_CREAT
MOST = 64 << 20  # bytes; some 150,000 lines


class SpoolFullError(OSError):
    """Nothing more is taken: what can't be logged must not be done."""


class Spool:
    """One process has it. A line that was half written at a power cut is not a line."""

    def __init__(self, path: Path) -> None:
        """Use this file; its folder is made by the first line."""
        self._path = path

    def add(self, entries: Sequence[Entry]) -> None:
        """Write them behind the others, and on disk; raises OSError."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = "".join(json.dumps(entry.plain(), ensure_ascii=False) + "\n" for entry in entries)
        with os.fdopen(os.open(self._path, _ADD, 0o600), "ab") as file:
            before = file.tell()
            if before + len(text) > MOST:
                raise SpoolFullError("too many lines wait for the database")
            try:
                file.write(text.encode())
                file.flush()
                os.fdatasync(file.fileno())
            except OSError:
                file.truncate(before)  # the caller says it failed: then it must not come later
                raise

    def read(self) -> list[Entry]:
        """Return the lines that wait, oldest first."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [Entry.of_plain(json.loads(line)) for line in lines if line.endswith(b"\n")]

    def clear(self) -> None:
        """Forget them: they are in the database."""
        self._path.unlink(missing_ok=True)

"""Heads of the log, kept outside the database. Blocking: for threads."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from genba.server.audit.chain import Head, seal, sealed

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Anchor:
    """The log had this head at this time; ``good``: its seal is ours."""

    at: datetime
    head: Head
    good: bool


class Anchors:
    """A file of lines that is only added to; copies of it belong on another machine."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Use this file; its folder is made by the first anchor."""
        self._path = path
        self._key = key

    def add(self, head: Head, at: datetime) -> str:
        """Write the head down, on disk, and return the line: it may also be mailed."""
        said = f"{at.isoformat()} {head.seq} {head.digest}"
        line = json.dumps(
            {"at": at.isoformat(), "seq": head.seq, "digest": head.digest}
            | {"seal": seal(said, self._key)}
        )
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fdatasync(file.fileno())
        return line

    def read(self) -> list[Anchor]:
        """Return them, oldest first; raises ValueError where a line is no anchor."""
        if not self._path.exists():
            return []
        return [self._parse(line) for line in self._path.read_text("utf-8").splitlines()]

    def _parse(self, line: str) -> Anchor:
        try:
            found = json.loads(line)
            at, head = datetime.fromisoformat(found["at"]), Head(found["seq"], found["digest"])
            said = f"{found['at']} {head.seq} {head.digest}"
            return Anchor(at, head, sealed(said, str(found["seal"]), self._key))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"an anchor is not readable: {line[:60]!r}") from error

"""What coturn says, taken into Genba's own log."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger(__name__)
LIMIT = 400  # letters of a line that are kept
_BAD = re.compile(r"\b(error|fail(ed|ure)?|cannot|denied)\b", re.IGNORECASE)
# Lines that coturn writes at every start, and that ask for nothing.
_USUAL = re.compile(
    r"cannot find.*(secret key|DH)|Bad configuration format|empty cli-password|TLS 1|userdb"
    r"|WARNING: cannot (find|load) (private key|certificate)",
    re.IGNORECASE,
)
_STAMP = re.compile(r"^\S*\d+: ?(:|\(\d+\):)?\s*")


async def listen(stream: asyncio.StreamReader, secret: str) -> str:
    """Log every line until coturn has ended; return the last one that names a fault, if any.

    Faults are warnings, all else is only for ``debug``. ``secret`` is in no line that goes on.
    """
    fault = ""
    rest = b""
    while chunk := await stream.read(4096):
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[-LIMIT:]
        for raw in lines:
            line = _STAMP.sub("", raw.decode(errors="replace").replace(secret, "***")).strip()
            if not line:
                continue
            if _BAD.search(line) and not _USUAL.search(line):
                fault = line[:LIMIT]
                log.warning("coturn: %s", fault)
            else:
                log.debug("coturn: %s", line[:LIMIT])
    return fault

"""Whether the log is as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from genba.server.audit.chain import START, digest, sealed
from genba.server.storage.schema.audit import AUDIT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genba.server.audit.anchors import Anchor
    from genba.server.storage.database import Database

PAGE = 1000
MOST = 100  # faults that are listed
What = Literal["changed", "missing", "forged", "cut"]


@dataclass(frozen=True, slots=True)
class Fault:
    """``seq`` is the row that it is about, or the first of those that are missing.

    changed: the row is not what was sealed. missing: rows before the next one are gone. forged:
    the seal is not ours. cut: an anchor knows of rows that are not there, or are others.
    """

    seq: int
    what: What


@dataclass(frozen=True, slots=True)
class Verdict:
    """``rows`` were read; without ``faults`` all is as it was written."""

    rows: int
    anchors: int
    faults: tuple[Fault, ...]


async def verify(database: Database, key: bytes, anchors: Sequence[Anchor]) -> Verdict:
    """Read all of the log, in pages, and hold it against its chain, its seals and its anchors."""
    faults: list[Fault] = []
    known = {anchor.head.seq: anchor for anchor in anchors}
    met: set[int] = set()
    rows, last, previous = 0, 0, START
    while True:
        async with database.server(write=False) as connection:
            page = (
                await connection.execute(
                    select(AUDIT).where(AUDIT.c.seq > last).order_by(AUDIT.c.seq).limit(PAGE)
                )
            ).all()
        if not page:
            break
        for one in page:
            found = one._asdict()
            rows += 1
            if found["seq"] != last + 1:
                faults.append(Fault(last + 1, "missing"))
            elif found["previous"] != previous:
                faults.append(Fault(found["seq"], "changed"))
            if digest(found) != found["digest"]:
                faults.append(Fault(found["seq"], "changed"))
            elif not sealed(found["digest"], found["seal"], key):
                faults.append(Fault(found["seq"], "forged"))
            anchor = known.get(found["seq"])
            if anchor is not None:
                met.add(found["seq"])
                if anchor.head.digest != found["digest"]:
                    faults.append(Fault(found["seq"], "cut"))
            last, previous = found["seq"], found["digest"]
    faults += [Fault(seq, "cut") for seq in sorted(known) if seq not in met and seq > 0]
    faults += [Fault(anchor.head.seq, "forged") for anchor in anchors if not anchor.good]
    return Verdict(rows, len(anchors), tuple(dict.fromkeys(faults))[:MOST])

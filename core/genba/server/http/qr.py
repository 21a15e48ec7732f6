"""QR codes."""

from __future__ import annotations

import asyncio
import io
from collections import OrderedDict

import segno

KEPT = 500  # as many invitations as a busy server shows; some 4 MB


class QrCodes:
    """On the event loop. Those shown last are kept: drawing one takes some 25 ms of a core."""

    def __init__(self) -> None:
        """Begin with none."""
        self._drawn: OrderedDict[str, str] = OrderedDict()

    async def svg(self, text: str) -> str:
        """Return a QR code as the text of an SVG without styles or scripts."""
        found = self._drawn.get(text)
        if found is None:
            found = await asyncio.to_thread(draw, text)
        self._drawn[text] = found
        self._drawn.move_to_end(text)
        while len(self._drawn) > KEPT:
            self._drawn.popitem(last=False)
        return found


def draw(text: str) -> str:
    """Return a QR code as `QrCodes.svg` does. Blocking."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        omitsize=True,
        border=3,
        dark="#000",
        light="#fff",
        svgclass=None,
        lineclass=None,
    )
    return out.getvalue().decode().strip()

"""QR codes."""

from __future__ import annotations

import io

import segno


def svg(text: str) -> str:
    """Return a QR code as the text of an SVG without styles or scripts. Blocking for some ms."""
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

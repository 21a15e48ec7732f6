"""QR codes: drawn once, kept in bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genba.server.http import qr

if TYPE_CHECKING:
    import pytest


async def test_a_code_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def draw(text: str) -> str:
        drawn.append(text)
        return f"<svg>{text}</svg>"

    monkeypatch.setattr(qr, "draw", draw)
    monkeypatch.setattr(qr, "KEPT", 2)
    codes = qr.QrCodes()
    for text in ("a", "b", "a", "c", "a", "b"):
        assert await codes.svg(text) == f"<svg>{text}</svg>"
    assert drawn == ["a", "b", "c", "b"], "the one not shown for longest is forgotten"


async def test_it_is_an_image_without_script_or_style() -> None:
    found = await qr.QrCodes().svg("https://genba.example/j/1234-5678")
    assert found.startswith("<svg")
    assert "script" not in found
    assert "style" not in found

"""The names beneath us that nobody promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiortc.rtcdtlstransport import RTCDtlsTransport

from genba.session.peer import check_private, private

if TYPE_CHECKING:
    import pytest


def test_the_installed_packages_fit() -> None:
    assert check_private() == []


def test_another_signature_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(private._SIGNATURES, RTCDtlsTransport.stop, "self gently")
    assert check_private() == ["RTCDtlsTransport.stop takes (self), not (self gently)"]


def test_another_body_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(private._LINES, RTCDtlsTransport.stop, ("self._ssl.wave()",))
    assert check_private() == ["RTCDtlsTransport.stop holds no 'self._ssl.wave()' any more"]

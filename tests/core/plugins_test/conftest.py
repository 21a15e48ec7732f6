from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.kit.plugin import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    workshop = Workshop(tmp_path, monkeypatch)
    yield workshop
    workshop.close()

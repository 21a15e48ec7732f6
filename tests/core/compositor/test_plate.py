from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import ImageFont

from genba.api import Grade
from genba.session.compositor import fonts
from genba.session.compositor.plate import SHADE, WHITE, draw_plate
from genba.session.compositor.plates import MOST, Plates

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def no_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    caches = (fonts.japanese, fonts.font, fonts._asked)
    monkeypatch.setattr(fonts, "_JAPANESE", ())
    monkeypatch.setattr("shutil.which", lambda _name: None)
    for one in caches:
        one.cache_clear()
    yield
    for one in caches:
        one.cache_clear()


def test_a_plate_is_dark_with_bright_letters() -> None:
    plate = draw_plate(("1 現場",), 24, 400)
    assert plate.luma.max() == WHITE
    assert plate.alpha.min() == SHADE
    assert plate.alpha.max() == 255
    assert not (plate.width | plate.height) & 1


def test_different_names_look_different() -> None:
    one, other = draw_plate(("東口",), 24, 400), draw_plate(("西口",), 24, 400)
    assert one.luma.shape == other.luma.shape
    assert not np.array_equal(one.luma, other.luma)


@pytest.mark.parametrize("width", [60, 128, 300])
def test_a_long_text_is_never_wider_than_asked(width: int) -> None:
    assert draw_plate(("とても長い名前のカメラ" * 4,), 24, width).width <= width


def test_two_lines_are_higher_than_one() -> None:
    assert draw_plate(("a", "b"), 20, 200).height > draw_plate(("a",), 20, 200).height


def test_plates_are_drawn_once_and_only_so_many_kept() -> None:
    plates = Plates()
    first = plates.get(("a",), 20, 200)
    assert plates.get(("a",), 20, 200) is first
    assert plates.drawn == 1
    for k in range(MOST):
        plates.get((str(k),), 20, 200)
    assert plates.get(("a",), 20, 200) is not first
    assert plates.drawn == MOST + 2


def test_a_passing_text_is_drawn_when_it_changes() -> None:
    plates = Plates()
    for line in ("1", "1", "1", "2", "2"):
        plates.passing(line, 20, 200)
    assert plates.drawn == 2


def test_a_japanese_font_is_found_here() -> None:
    finding = fonts.font_check()
    assert finding.grade is Grade.GOOD, finding


def test_fontconfig_is_asked_where_no_known_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = fonts.japanese()
    assert wanted is not None
    monkeypatch.setattr(fonts, "_JAPANESE", ())
    answer = subprocess.CompletedProcess([], 0, f"{wanted[0]}|{wanted[1]}", "")
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/fc-match")
    monkeypatch.setattr("subprocess.run", lambda *_a, **_k: answer)
    fonts.japanese.cache_clear()
    fonts._asked.cache_clear()
    try:
        assert fonts.japanese() == wanted
    finally:
        fonts.japanese.cache_clear()
        fonts._asked.cache_clear()


@pytest.mark.usefixtures("no_fonts")
def test_without_japanese_font_the_check_says_so_and_text_is_drawn_all_the_same() -> None:
    finding = fonts.font_check()
    assert finding.grade is Grade.WARN
    assert "fonts-noto-cjk" in finding.cure
    assert draw_plate(("1 Gate",), 24, 400).luma.max() == WHITE


@pytest.mark.usefixtures("no_fonts")
def test_without_any_font_pillow_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_LATIN", "/nowhere.ttf")
    assert isinstance(fonts.font(24), ImageFont.FreeTypeFont | ImageFont.ImageFont)
    assert draw_plate(("1 Gate",), 24, 400).luma.max() > 150

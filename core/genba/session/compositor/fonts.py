"""Which font the words in the picture are drawn with. All of this reads disk: never on the loop."""

from __future__ import annotations

import logging
import shutil
import subprocess
from functools import cache
from pathlib import Path

from PIL import ImageFont

from genba.api import Finding, Grade

log = logging.getLogger(__name__)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Where Debian, Fedora, Arch and macOS put fonts with Japanese; bold stays legible when encoded.
_JAPANESE = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-gothic/ipag.ttf",
    "/usr/share/fonts/truetype/vlgothic/VL-PGothic-Regular.ttf",
    "/usr/share/fonts/truetype/takao-gothic/TakaoPGothic.ttf",
    "/System/Library/Fonts/ヒラギノ角ゴシック W6.ttc",
)
_LATIN = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
_PROBE = 24  # pixels


@cache
def _asked() -> tuple[str, int] | None:
    """Return what fontconfig would use for Japanese: file and face."""
    program = shutil.which("fc-match")
    if program is None:
        return None
    command = [program, "--format=%{file}|%{index}", "sans-serif:bold:lang=ja"]
    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments, program found on PATH)
            command, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("fc-match did not answer: %s", error)
        return None
    file, _, index = done.stdout.partition("|")
    return file, int(index) if index.isdecimal() else 0


def _covers_japanese(font: ImageFont.FreeTypeFont) -> bool:
    """Say whether 現 has a shape of its own rather than that of an unknown character."""
    return bytes(font.getmask("現")) != bytes(font.getmask("\U0010ffff"))


@cache
def japanese() -> tuple[str, int] | None:
    """Return file and face of a font with Japanese, or None. Looks once."""
    found = [(file, 0) for file in _JAPANESE if Path(file).is_file()]
    for file, index in [*found, *filter(None, (_asked() if not found else None,))]:
        try:
            if _covers_japanese(ImageFont.truetype(file, _PROBE, index=index)):
                return file, index
        except OSError as error:
            log.warning("font %s cannot be used: %s", file, error)
    return None


@cache
def font(size: int) -> Font:
    """Return the font for letters ``size`` pixels high: Japanese, else Latin, else Pillow's own."""
    face = japanese()
    if face is not None:
        return ImageFont.truetype(face[0], size, index=face[1])
    if Path(_LATIN).is_file():
        return ImageFont.truetype(_LATIN, size)
    return ImageFont.load_default(size)


def font_check() -> Finding:
    """Say whether Japanese can be drawn into the picture; blocks, so call it in a thread."""
    face = japanese()
    if face is None:
        return Finding(
            Grade.WARN,
            "No font with Japanese: names in the picture show as boxes.",
            "Install one, for example: apt-get install fonts-noto-cjk",
        )
    return Finding(Grade.GOOD, f"Japanese in the picture: {Path(face[0]).name}")

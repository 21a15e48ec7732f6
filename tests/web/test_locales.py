from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import genba
from genba.errors import PROBLEMS
from genba_web import ROOT

PAGES = sorted(
    p for p in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static" / "js").rglob("*.js")]
)
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uff66-\uff9d]")
QUOTED = re.compile(r"""["']([a-z_]+(?:\.[a-z_0-9]+)+)["']""")
ASKED = re.compile(r"""\bt\(\s*["']([^"']+)["']\s*[,)]""")
BUILT = re.compile(r"\bt\(\s*`([^`]+)`|\bt\(\s*[\"']([a-z_.]+\.)[\"']\s*~|key = `([^`]+)`")


def catalogue(language: str) -> dict[str, str]:
    texts: dict[str, str] = json.loads((ROOT / "locales" / f"{language}.json").read_text("utf-8"))
    return texts


def sources() -> str:
    return "\n".join(p.read_text("utf-8") for p in PAGES)


def patterns(text: str) -> list[re.Pattern[str]]:
    found = []
    for script, template, stem in BUILT.findall(text):
        built = re.split(r"\$\{(?:[^{}]|\{[^}]*\})*\}", script or stem or template)
        found.append(re.compile(".+".join(map(re.escape, built)) + (".*" if not script else "")))
    return found


def test_both_languages_have_the_same_keys_and_holes() -> None:
    ja, en = catalogue("ja"), catalogue("en")
    assert list(ja) == list(en)
    for key, text in ja.items():
        holes = re.compile(r"\{\w+\}")
        assert set(holes.findall(text)) == set(holes.findall(en[key])), key
        assert text.strip(), key
        assert en[key].strip(), key


def test_every_asked_key_exists() -> None:
    keys = catalogue("ja")
    missing = {key for key in ASKED.findall(sources()) if key not in keys}
    assert not missing


def test_every_built_key_exists() -> None:
    keys = catalogue("ja")
    for pattern in patterns(sources()):
        assert any(pattern.fullmatch(key) for key in keys), pattern.pattern


def test_no_key_is_unused() -> None:
    text = sources()
    # The server and the plugins' pages speak with our words, too.
    python = [p.read_text("utf-8") for p in Path(genba.__file__).parent.rglob("*.py")]
    quoted = set(QUOTED.findall("\n".join([text, *python])))
    built = patterns(text)
    unused = [
        key
        for key in catalogue("ja")
        if key not in quoted and not any(pattern.fullmatch(key) for pattern in built)
    ]
    assert not unused


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_error_has_title_and_advice(language: str) -> None:
    texts = catalogue(language)
    wanted = {f"error.{code}.{part}" for code in PROBLEMS for part in ("title", "advice")}
    assert wanted <= set(texts)
    shown = {
        key
        for key in texts
        if re.fullmatch(r"error\..+\.(title|advice)", key) and not key.startswith("error.network.")
    }
    assert shown <= wanted


def test_english_holds_no_japanese() -> None:
    for key, text in catalogue("en").items():
        assert key == "base.japanese" or not JAPANESE.search(text), key


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_no_text_is_written_into_a_page(page: Path) -> None:
    assert not JAPANESE.search(page.read_text("utf-8"))

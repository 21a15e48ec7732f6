"""The three ways to share, as the core sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from genba.api import Destination, PublicationState, PublishError
from genba.plugins import Plugins
from tests.kit.plugin import nothing
from tests.kit.view import made

if TYPE_CHECKING:
    from genba.api import Publisher, PublisherInfo

ROOT = Path(__file__).parents[2]
NAMES = ("browser", "teams", "zoom")
TEAMS = "https://teams.microsoft.com/meet/2987654321012?p=AbC"
ZOOM = "https://us02web.zoom.us/j/81234567890?pwd=NE0v"


@pytest.fixture(scope="module")
def publishers() -> dict[str, Publisher]:
    plugins = Plugins()
    plugins.load()
    assert plugins.broken == {}
    return plugins.publishers(nothing)


def package(name: str) -> Path:
    return ROOT / "plugins" / name / f"genba_{name}"


def texts(name: str, language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        (package(name) / "locales" / f"{language}.json").read_text("utf-8")
    )
    return found


def keys(info: PublisherInfo) -> set[str]:
    words = {info.label} | {field.label for field in info.fields}
    return words | {step.text for step in info.guide} | {"minutes.wrong"}


def test_the_three_are_there(publishers: dict[str, Publisher]) -> None:
    assert sorted(publishers) == sorted(NAMES)


@pytest.mark.parametrize(
    ("text", "kind"), [(TEAMS, "teams"), (ZOOM, "zoom"), ("https://example.com/", None), ("", None)]
)
def test_one_takes_a_pasted_link(
    publishers: dict[str, Publisher], text: str, kind: str | None
) -> None:
    for destination in (Destination(text), Destination(options={"meeting": text})):
        takers = [k for k, p in publishers.items() if p.recognises(destination)]
        assert takers == ([kind] if kind else [])


@pytest.mark.parametrize(("kind", "meeting"), [("teams", TEAMS), ("zoom", ZOOM)])
async def test_a_meeting(publishers: dict[str, Publisher], kind: str, meeting: str) -> None:
    view, links = made()
    destination = Destination(f"参加: {meeting}", {"minutes": "240"})
    async with publishers[kind].publish(view, destination) as publication:
        (link,) = links
        assert (link.purpose, link.ttl.total_seconds()) == (kind, 240 * 60)
        assert publication.meeting_url == meeting
        assert publication.share_url == f"{link.url}?clean=1"
        assert publication.join_url is None
        assert str(publication.state) == "waiting"
        link.shown = True
        assert str(publication.state) == "on_air"
    assert publication.state is PublicationState.ENDED
    assert link.ended.done()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("teams", ZOOM),
        ("zoom", TEAMS),
        ("teams", ""),
        ("zoom", "https://evilzoom.us/j/81234567890"),
    ],
)
async def test_a_meeting_of_somebody_else(
    publishers: dict[str, Publisher], kind: str, text: str
) -> None:
    view, links = made()
    with pytest.raises(PublishError) as raised:
        async with publishers[kind].publish(view, Destination(text)):
            pass
    assert raised.value.code == "destination.unknown"
    assert raised.value.text in texts(kind, "ja")
    assert links == []


async def test_a_guest_link(publishers: dict[str, Publisher]) -> None:
    view, links = made()
    async with publishers["browser"].publish(view, Destination()) as publication:
        assert publication.join_url == links[0].url
        assert publication.meeting_url is None


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_there_in_both_languages(publishers: dict[str, Publisher], name: str) -> None:
    ja, en = texts(name, "ja"), texts(name, "en")
    assert list(ja) == list(en)
    assert keys(publishers[name].info) <= set(ja)
    assert all(ja.values())
    assert all(en.values())
    assert not [key for key in en if not en[key].isascii() and not set(en[key]) & set("“”…")]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_left_over(publishers: dict[str, Publisher], name: str) -> None:
    files = [p for p in package(name).rglob("*") if p.suffix in {".html", ".js", ".py"}]
    source = "\n".join(path.read_text("utf-8") for path in files)
    used = keys(publishers[name].info) | {"meeting.unknown"}
    states = ("state.", "camera.")  # put together from a state
    for key in texts(name, "ja"):
        assert key in used or f"{name}.{key}" in source or key.startswith(states), key


@pytest.mark.parametrize("name", ["teams", "zoom"])
def test_three_pictures_show_what_to_click(publishers: dict[str, Publisher], name: str) -> None:
    guide = publishers[name].info.guide
    assert len(guide) == 3
    for step in guide:
        path = package(name) / "static" / step.picture
        picture = ET.fromstring(path.read_text("utf-8"))  # noqa: S314 (a file of our own)
        tags = {element.tag.rpartition("}")[2] for element in picture.iter()}
        assert picture.get("viewBox") == "0 0 320 180"
        assert tags <= {"svg", "g", "path", "rect", "circle"}  # no text, no style, no script
    assert len({(package(name) / "static" / s.picture).read_bytes() for s in guide}) == 3


def test_the_icons_are_of_the_sprite(publishers: dict[str, Publisher]) -> None:
    sprite = (ROOT / "web/genba_web/static/vendor/icons.svg").read_text("utf-8")
    for publisher in publishers.values():
        assert f'id="{publisher.info.icon}"' in sprite

"""A distribution of somebody else is found without any change in the core."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from genba.api import Destination, PublicationState, PublishError, SessionInfo
from genba.plugins import Plugins
from tests.kit.thirdparty.install import PACKAGE, install
from tests.kit.view import NOW, made

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OWN = ["browser", "teams", "zoom"]


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plugins]:
    install(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    plugins = Plugins()
    plugins.load()
    yield plugins
    del sys.modules[PACKAGE]


def settings(address: str) -> Mapping[str, Mapping[str, object]]:
    return {"signboard": {"address": address}, **{name: {} for name in OWN}}


def test_it_is_found_beside_our_own(plugins: Plugins) -> None:
    assert sorted(plugins.modules) == sorted([*OWN, "signboard"])
    assert plugins.broken == {}


def test_it_is_found_by_a_fresh_python(tmp_path: Path) -> None:
    install(tmp_path)
    code = "from genba.plugins import Plugins; p = Plugins(); p.load(); print(sorted(p.modules))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert said.stdout.strip() == str(sorted([*OWN, "signboard"]))


def test_it_is_off_where_the_settings_say_so(tmp_path: Path) -> None:
    install(tmp_path)
    code = (
        "import sys; from genba.plugins import Plugins; p = Plugins(); p.load(off=['signboard']);"
        f"print(sorted(p.modules), '{PACKAGE}' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(tmp_path)},
    )
    assert said.stdout.strip() == f"{OWN} False"


async def test_its_hooks_are_called(plugins: Plugins) -> None:
    assert [s.name for s in plugins.settings()["signboard"]] == ["address"]
    assert set(plugins.routes(settings("x").__getitem__)) == {"browser", "signboard"}
    await plugins.session_started(SessionInfo("s7", "default", "x", NOW))
    assert sys.modules[PACKAGE].started == ["s7"]


async def test_its_publisher_publishes(plugins: Plugins) -> None:
    publisher = plugins.publishers(settings("http://board").__getitem__)["signboard"]
    assert publisher.recognises(Destination("signboard:hall"))
    view, links = made()
    async with publisher.publish(view, Destination()) as publication:
        links[0].shown = True
        assert publication.state is PublicationState.ON_AIR
    assert links[0].ended.done()


async def test_its_own_error_has_its_own_words(plugins: Plugins) -> None:
    publisher = plugins.publishers(settings("").__getitem__)["signboard"]
    view, _ = made()
    with pytest.raises(PublishError, match=r"signboard\.none") as raised:
        async with publisher.publish(view, Destination()):
            pass
    assert raised.value.text == "none"

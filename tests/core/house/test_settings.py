"""Where settings come from, which wins, and how a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from genba.api import Setting
from genba.settings import SECTIONS, Settings, SettingsError, load


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand where no genba.toml of somebody else is."""
    monkeypatch.chdir(tmp_path)


def written(text: str) -> Path:
    path = Path("genba.toml")
    path.write_text(text, "utf-8")
    return path


def fault(*assignments: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(environment=environment or {}, assignments=assignments)
    return str(caught.value)


def test_without_any_source_the_defaults_hold() -> None:
    settings = load(environment={})
    assert settings == Settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.rtc.ice_servers == ()


def test_later_sources_win() -> None:
    written('[server]\nport = 1\nhost = "10.0.0.1"\nlanguage = "en"\n')
    environment = {"GENBA_SERVER_PORT": "2", "GENBA_SERVER_HOST": "10.0.0.2"}
    settings = load(environment=environment, assignments=["server.port=3"])
    assert (settings.server.port, settings.server.host) == (3, "10.0.0.2")
    assert settings.server.language == "en"


def test_a_named_file_is_read_and_must_be_there() -> None:
    path = written("[view]\nfps = 15\n").rename("other.toml")
    assert load(path, environment={}).view.fps == 15
    with pytest.raises(SettingsError, match=r"missing\.toml"):
        load(Path("missing.toml"), environment={})


@pytest.mark.parametrize("text", ["[view\n", "loose = 1\n", "[view]\nfps = 15\nfps = 16\n"])
def test_a_file_that_is_not_understood_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"genba\.toml"):
        load(written(text), environment={})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("view.height", "1080", 1080),
        ("server.port", "0", 0),
        ("data.dir", "/srv/genba", Path("/srv/genba")),
        ("plugins.off", "teams, zoom", ("teams", "zoom")),
        ("plugins.off", "", ()),
        ("rtc.addresses", "10.0.0.1", ("10.0.0.1",)),
        ("server.public_url", "https://a=b.example", "https://a=b.example"),
    ],
)
def test_text_becomes_what_the_setting_holds(name: str, text: str, value: object) -> None:
    section, _, short = name.partition(".")
    variable = f"GENBA_{section}_{short}".upper()
    for settings in (
        load(environment={variable: text}),
        load(environment={}, assignments=[f"{name}={text}"]),
    ):
        assert getattr(getattr(settings, section), short) == value


def test_every_setting_has_a_variable_and_a_description() -> None:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            assert field.description, f"{section}.{name}"
            assert f"GENBA_{section}_{name}".upper().isascii()


def test_each_fault_is_named_with_its_source() -> None:
    said = fault(
        "view.fps=99", "server.prot=1", "rtc.udp_ports=many", environment={"GENBA_SERVER_PORT": "x"}
    )
    for part in (
        "view.fps (--set)",
        "server.prot (--set): no such setting",
        "rtc.udp_ports (--set)",
        "server.port (GENBA_SERVER_PORT)",
    ):
        assert part in said


@pytest.mark.parametrize("text", ["view", "view.fps", "=1", "fps=1", ".=1"])
def test_an_assignment_without_its_form_is_explained(text: str) -> None:
    assert "write section.name=value" in fault(text)


def test_unknown_sections_are_faults_unless_plugins_are_still_to_speak() -> None:
    assert "teams.tenant (--set): no such setting" in fault("teams.tenant=x")
    assert load(environment={}, assignments=["teams.tenant=x"], strict=False) == Settings()


def test_plugins_add_settings_of_their_own_types() -> None:
    added = {
        "acme": [
            Setting("url", "https://acme.example", "Where."),
            Setting("tries", 3, "How often.", kind="number"),
            Setting("loud", False, "Whether.", kind="flag"),
        ]
    }
    settings = load(
        environment={"GENBA_ACME_TRIES": "5"}, assignments=["acme.loud=true"], added=added
    )
    assert settings.of_plugin("acme") == {"url": "https://acme.example", "tries": 5, "loud": True}
    assert settings.of_plugin("other") == {}
    with pytest.raises(SettingsError, match=r"acme\.nothing \(--set\): no such setting"):
        load(environment={}, assignments=["acme.nothing=1"], added=added)


def test_a_plugins_secret_is_not_told() -> None:
    added = {"acme": [Setting("key", 0, "Secret.", secret=True, kind="number")]}
    with pytest.raises(SettingsError) as caught:
        load(environment={"GENBA_ACME_KEY": "hunter2"}, added=added)
    assert "acme.key (GENBA_ACME_KEY)" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    settings = load(environment={"GENBA_ACME_KEY": "7"}, added=added)
    assert settings.plugin["acme.key"] == 7
    assert "acme.key" not in repr(settings)


def test_settings_travel_as_json() -> None:
    settings = load(environment={}, assignments=["plugins.off=teams", "view.height=1080"])
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_the_view_follows_its_height() -> None:
    small, large = (load(environment={}, assignments=[f"view.height={h}"]) for h in (720, 1080))
    assert (small.view.size, small.view.bit_rate) == ((1280, 720), 2500)
    assert (large.view.size, large.view.bit_rate) == ((1920, 1080), 4500)
    chosen = load(environment={}, assignments=["view.kbps=900"])
    assert chosen.view.bit_rate == 900

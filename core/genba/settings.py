"""One typed table of settings: file, environment, command line, docs and doctor come from it.

Later wins: defaults, ``genba.toml``, ``GENBA_SECTION_NAME``, ``--set section.name=value``.
docs/settings.md is this table as text; a test compares them.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from genba import reach
from genba.settingwords import LAST_PORT, ice_server, local_address, public_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from genba.api.setting import Setting


class SettingsError(ValueError):
    """Names each wrong setting, where it came from, and what is expected."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Server(_Section):
    """The web process."""

    host: str = Field("127.0.0.1", description="Address to listen on; `0.0.0.0` for a network.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 takes a free one.")
    public_url: str = Field(
        "", description="Address that people use, where a proxy or a name stands before Genba."
    )
    certificate: str = Field(
        "", description="TLS certificate chain (PEM); with it Genba speaks HTTPS."
    )
    certificate_key: str = Field("", description="The certificate's private key (PEM).")
    language: Literal["ja", "en"] = Field(
        "ja", description="Language where a browser asks for none."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What is written to the log; `genba demo` says `warning` by itself."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="Form of log lines; `auto`: text on a terminal, JSON elsewhere."
    )
    session_memory_mb: int = Field(
        1024,
        ge=0,
        description="Memory of one session's process (MiB), above which it is replaced; 0: any.",
    )
    max_sessions: int = Field(8, ge=1, le=200, description="Sessions at the same time.")


class Data(_Section):
    """What stays on disk."""

    dir: Path = Field(Path("genba-data"), description="Folder of recordings, stills and the keys.")


class View(_Section):
    """The composed picture."""

    height: Literal[720, 1080] = Field(720, description="720 (1280x720) or 1080 (1920x1080).")
    fps: int = Field(30, ge=5, le=30, description="Pictures a second.")
    kbps: int = Field(
        0, ge=0, le=12000, description="Bit rate of the view; 0: 2500 at 720, 4500 at 1080."
    )
    highest: Literal[720, 1080] = Field(
        1080,
        description="The best that a viewer may ask for (1080 costs half a core for all who do).",
    )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return (1280, 720) if self.height == 720 else (1920, 1080)  # noqa: PLR2004

    @property
    def bit_rate(self) -> int:
        """In kbit/s."""
        return self.kbps or (2500 if self.height == 720 else 4500)  # noqa: PLR2004


class Rtc(_Section):
    """Where media goes in and out (UDP)."""

    addresses: tuple[str, ...] = Field(
        (),
        description="Local addresses that offer candidates, or `0.0.0.0`, `::`; none: those of "
        "`server.host`.",
    )
    public_address: str = Field(
        "",
        description="Address outside where the server is behind 1:1 NAT, or a name that is looked "
        "up at start; one for each family: `203.0.113.5, 2001:db8::5`.",
    )
    udp_ports: str = Field(
        "", pattern=r"^(\d{1,5}-\d{1,5})?$", description="Range `low-high`; empty: any."
    )
    ice_servers: tuple[str, ...] = Field(
        (), description="STUN or TURN for clients: `turn:host:3478?transport=tcp|user|secret`."
    )

    @field_validator("addresses")
    @classmethod
    def _are_local(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(local_address(one) for one in value)

    @field_validator("public_address")
    @classmethod
    def _is_outside(cls, value: str) -> str:
        for word in reach.names(value):
            public_name(word)
        return value

    @field_validator("udp_ports")
    @classmethod
    def _is_range(cls, value: str) -> str:
        low, high = reach.ports(value)
        if value and not 0 < low <= high <= LAST_PORT:
            raise ValueError(f"{value}: write low-high between 1 and {LAST_PORT}")
        return value

    @field_validator("ice_servers")
    @classmethod
    def _are_ice(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            ice_server(one)
        return value


class Turn(_Section):
    """The TURN server (coturn) that Genba runs, for networks that let no UDP through."""

    enabled: Literal["auto", "on", "off"] = Field(
        "auto",
        description="`auto`: where coturn is installed and media has an address that other "
        "machines reach.",
    )
    program: str = Field("/usr/bin/turnserver", description="coturn's program.")
    port: int = Field(3478, ge=1, le=65535, description="Port for UDP and TCP.")
    tls_port: int = Field(5349, ge=1, le=65535, description="TCP port for TLS.")
    public_address: str = Field(
        "",
        description="Name or address that clients are told; none: `rtc.public_address`, else that "
        "of the machine.",
    )
    public_port: int = Field(
        0, ge=0, le=65535, description="Port that clients are told in place of `turn.port`; 0: it."
    )
    public_tls_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port that clients are told for TLS: 443 behind nginx; 0: `turn.tls_port`.",
    )
    certificate: str = Field(
        "", description="TLS certificate chain (PEM); none: `server.certificate`."
    )
    certificate_key: str = Field("", description="The certificate's private key (PEM).")
    relay_ports: str = Field(
        "49160-49359",
        pattern=r"^\d{1,5}-\d{1,5}$",
        description="UDP ports `low-high` that it sends from to sessions; one for each allocation.",
    )
    credential_minutes: int = Field(
        10, ge=5, le=10, description="How long a client's credentials let it begin."
    )
    max_kbps: int = Field(
        12000, ge=500, le=1000000, description="Bit rate of one allocation, each way."
    )

    @field_validator("public_address")
    @classmethod
    def _is_outside(cls, value: str) -> str:
        return public_name(value) if value else value

    @field_validator("relay_ports")
    @classmethod
    def _is_range(cls, value: str) -> str:
        low, high = reach.ports(value)
        if not 1024 <= low <= high <= LAST_PORT:  # noqa: PLR2004 (others' services are below)
            raise ValueError(f"{value}: write low-high between 1024 and {LAST_PORT}")
        return value

    @field_validator("program", "certificate", "certificate_key")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if any(letter in value for letter in "\r\n"):
            raise ValueError("a path has no line end")
        return value


class Camera(_Section):
    """Cameras and their invitations."""

    invitation_minutes: int = Field(
        60, ge=1, le=10080, description="How long a code or QR invites."
    )
    ticket_hours: int = Field(
        12, ge=1, le=72, description="How long a joined camera may come back."
    )


class Recordings(_Section):
    """Recordings and stills."""

    min_free_mb: int = Field(
        500, ge=0, description="No recording starts, or goes on, with less free disk."
    )
    cameras: bool = Field(default=True, description="Record each camera as it is, beside the view.")
    vp8_to_mp4: bool = Field(
        default=False,
        description="Turn the file of a camera that sends VP8 (Matroska) into an MP4 at the end;"
        " costs minutes of processor per hour of recording.",
    )


class Plugins(_Section):
    """Which plugins load."""

    off: tuple[str, ...] = Field((), description="Names of plugins that stay off.")


class Settings(_Section):
    """All settings; ``plugin`` holds those that plugins added, by full name."""

    server: Server = Server()
    data: Data = Data()
    view: View = View()
    rtc: Rtc = Rtc()
    turn: Turn = Turn()
    camera: Camera = Camera()
    recordings: Recordings = Recordings()
    plugins: Plugins = Plugins()
    plugin: dict[str, str | int | bool] = Field(default_factory=dict, repr=False)

    def of_plugin(self, name: str) -> Mapping[str, str | int | bool]:
        """Return one plugin's settings by short name."""
        prefix = f"{name}."
        return {k.removeprefix(prefix): v for k, v in self.plugin.items() if k.startswith(prefix)}


SECTIONS: dict[str, type[_Section]] = {
    name: field.annotation
    for name, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
}


def load(
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
    assignments: Iterable[str] = (),
    added: Mapping[str, Iterable[Setting]] | None = None,
    *,
    strict: bool = True,
) -> Settings:
    """Read all sources and return the settings, or raise SettingsError naming every fault.

    ``file`` None reads ``genba.toml`` of the working directory where there is one;
    ``environment`` None reads the process's; ``added`` maps a plugin's name to its settings.
    Not ``strict``, sections that nobody knows are passed over: which plugins are off has to be
    read before plugins can say what they add.
    """
    environment = os.environ if environment is None else environment
    added = {name: list(some) for name, some in (added or {}).items()}
    values: dict[str, dict[str, tuple[Any, str]]] = {}
    faults: list[str] = []
    for section, name, value, source in (
        *_from_file(file, faults),
        *_from_environment(environment, added),
        *_from_assignments(assignments, faults),
    ):
        values.setdefault(section, {})[name] = (value, source)
    known: dict[str, Any] = {}
    plugin: dict[str, str | int | bool] = {}
    for section, model in SECTIONS.items():
        known[section] = _section(section, model, values.pop(section, {}), faults)
    for section, settings in added.items():
        mine = values.pop(section, {})
        for setting in settings:
            value, source = mine.pop(setting.name, (setting.default, "default"))
            try:
                plugin[f"{section}.{setting.name}"] = TypeAdapter(
                    type(setting.default)
                ).validate_python(value)
            except ValidationError as error:
                shown = "it" if setting.secret else repr(value)
                faults.append(
                    f"{section}.{setting.name} ({source}): {shown}: {error.errors()[0]['msg']}"
                )
        faults += [f"{section}.{name} ({mine[name][1]}): no such setting" for name in mine]
    if strict:
        faults += [
            f"{section}.{name} ({source}): no such setting"
            for section, some in values.items()
            for name, (_, source) in some.items()
        ]
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**known, plugin=plugin)


def _section(
    section: str, model: type[_Section], some: dict[str, tuple[Any, str]], faults: list[str]
) -> _Section:
    given = {name: _typed(model, name, value) for name, (value, _) in some.items()}
    try:
        return model(**given)
    except ValidationError as error:
        for one in error.errors():
            name = str(one["loc"][0]) if one["loc"] else ""
            source = some.get(name, ("", "default"))[1]
            what = one["msg"].removeprefix("Value error, ")
            if one["type"] == "extra_forbidden":
                what = "no such setting"
            faults.append(f"{section}.{name} ({source}): {what}")
        return model()


def _typed(model: type[_Section], name: str, value: object) -> object:
    """Give a type to what the environment and the command line can only say as text.

    Lists have commas; a number that is one of a few choices is not read from text by pydantic.
    """
    field = model.model_fields.get(name)
    if field is None or not isinstance(value, str):
        return value
    if isinstance(field.default, tuple):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(field.default, int) and value.isascii() and value.isdecimal():
        return int(value)
    return value


def _from_file(file: Path | None, faults: list[str]) -> list[tuple[str, str, Any, str]]:
    path = file or Path("genba.toml")
    if file is None and not path.is_file():
        return []
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{path}: {error}")
        return []
    found = []
    for section, table in tables.items():
        if isinstance(table, dict):
            found += [(section, name, value, str(path)) for name, value in table.items()]
        else:
            faults.append(f"{path}: {section} stands outside a [section]")
    return found


def _from_environment(
    environment: Mapping[str, str], added: Mapping[str, Iterable[Setting]]
) -> list[tuple[str, str, Any, str]]:
    names = [(section, name) for section, model in SECTIONS.items() for name in model.model_fields]
    names += [(section, setting.name) for section, some in added.items() for setting in some]
    found = []
    for section, name in names:
        key = f"GENBA_{section}_{name}".upper()
        if key in environment:
            found.append((section, name, environment[key], key))
    return found


def _from_assignments(
    assignments: Iterable[str], faults: list[str]
) -> list[tuple[str, str, Any, str]]:
    found = []
    for text in assignments:
        full, equals, value = text.partition("=")
        section, dot, name = full.strip().partition(".")
        if not equals or not dot or not name:
            faults.append(f"--set {full}: write section.name=value")
            continue
        found.append((section, name, value, "--set"))
    return found

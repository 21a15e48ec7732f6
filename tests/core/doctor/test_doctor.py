"""What the doctor finds, and how it says so."""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from genba import certificate
from genba.api import Check, Finding, Grade
from genba.clock import SystemClock
from genba.doctor import disk, doctor, machine, network
from genba.doctor.examine import examine
from genba.doctor.report import as_json, table
from genba.doctor.row import Row
from genba.doctor.say import Say, language_of
from genba.doctor.texts import TEXTS
from genba.plugins import Plugins
from genba.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from pathlib import Path

SAY = Say("en")
NOW = datetime.now(UTC)


def settings(*assignments: str, data: Path | None = None) -> Settings:
    more = [f"data.dir={data}"] if data else []
    return load(environment={}, assignments=[*assignments, *more])


def run(capsys: pytest.CaptureFixture[str], *assignments: str, fault: str = "") -> tuple[int, Any]:
    def settings_of(_: argparse.Namespace) -> tuple[Settings, Plugins]:
        if fault:
            raise SettingsError(fault)
        return settings(*assignments), Plugins()

    code = doctor(argparse.Namespace(json=True, report=""), settings_of)
    return code, json.loads(capsys.readouterr().out)


def test_every_text_has_both_languages_with_the_same_facts() -> None:
    def facts(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for key, (english, japanese) in TEXTS.items():
        assert english
        assert japanese
        assert facts(japanese) <= facts(english), key


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "ja_JP.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, "ja"),
        ({}, "en"),
    ],
)
def test_the_terminal_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize("check", [machine.python, machine.codecs, machine.webrtc])
def test_this_machine_is_fit(check: Any) -> None:
    assert check(SAY).grade is Grade.GOOD


def test_a_missing_codec_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "CODECS", (("aac", "w"), ("aac_of_tomorrow", "w")))
    found = machine.codecs(SAY)
    assert found.grade is Grade.BAD
    assert "aac_of_tomorrow" in found.what
    assert "uv sync" in found.cure


def test_changed_private_names_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genba.session.private.check_private", lambda: ["x is gone"])
    found = machine.webrtc(SAY)
    assert (found.grade, "x is gone" in found.what) == (Grade.BAD, True)


def test_what_is_missing_but_not_needed_warns_with_its_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise OSError("libyuv.so.0: cannot open")

    monkeypatch.setattr("genba.session.compositor.libyuv.LibYuv", missing)
    monkeypatch.setattr("genba.session.compositor.fonts.japanese", lambda: None)
    monkeypatch.setattr("genba.session.camera.opus.check_opus", lambda: ["no libopus"])
    found = [machine.libyuv(SAY), machine.font(SAY), machine.opus(SAY)]
    assert {f.grade for f in found} == {Grade.WARN}
    assert [f.cure.split()[-1] for f in found] == ["libyuv0", "fonts-noto-cjk", "libopus0"]


def test_the_data_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    there, new = tmp_path / "there", tmp_path / "far" / "new"
    there.mkdir()
    assert disk.data(SAY, settings(data=there)).grade is Grade.GOOD
    assert "will be made" in disk.data(SAY, settings(data=new)).what
    assert list(there.iterdir()) == []
    assert not new.parent.exists()


def test_a_folder_that_cannot_be_written_is_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.NamedTemporaryFile", refused)
    found = disk.data(SAY, settings(data=tmp_path))
    assert (found.grade, "Permission denied" in found.what) == (Grade.BAD, True)


def test_free_disk_is_measured_in_recordings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grades = []
    for free in (400 * disk.MIB, 2 * disk.GB, 50 * disk.GB):
        usage = argparse.Namespace(free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda _, usage=usage: usage)
        grades.append(disk.disk(SAY, settings(data=tmp_path)).grade)
    assert grades == [Grade.BAD, Grade.WARN, Grade.GOOD]


def test_a_taken_port_is_bad_and_a_free_one_good() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = network.tcp(SAY, settings(f"server.port={port}"))
        assert found.grade is Grade.BAD
        assert "server.port" in found.cure
    assert network.tcp(SAY, settings(f"server.port={port}")).grade is Grade.GOOD
    assert network.tcp(SAY, settings("server.port=0")).grade is Grade.GOOD


async def test_a_port_that_genba_has_is_well() -> None:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    async with TestServer(app) as server:
        chosen = await asyncio.to_thread(settings, f"server.port={server.port}")
        found = await asyncio.to_thread(network.tcp, SAY, chosen)
    assert (found.grade, "Genba runs" in found.what) == (Grade.GOOD, True)


def test_udp_ports_are_counted_against_sessions() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        one = f"rtc.udp_ports={port}-{port}"
        assert network.udp(SAY, settings(one)).grade is Grade.BAD
    assert network.udp(SAY, settings(one)).grade is Grade.WARN
    assert network.udp(SAY, settings(one, "server.max_sessions=1")).grade is Grade.GOOD
    assert network.udp(SAY, settings()).grade is Grade.GOOD


def test_an_address_of_elsewhere_is_bad() -> None:
    found = network.udp(SAY, settings("rtc.addresses=192.0.2.77"))
    assert found.grade is Grade.BAD
    assert "192.0.2.77" in found.what


def test_a_certificate_is_read_and_dated(tmp_path: Path) -> None:
    made = certificate.own(tmp_path, NOW)
    chosen = settings(f"server.certificate={made.chain}", f"server.certificate_key={made.key}")
    when = [NOW, NOW + timedelta(days=390), NOW + timedelta(days=400)]
    grades = [network.tls(SAY, chosen, now).grade for now in when]
    assert grades == [Grade.GOOD, Grade.WARN, Grade.BAD]
    made.key.chmod(0o644)
    assert "chmod 600" in network.tls(SAY, chosen, NOW).cure
    made.key.unlink()
    assert network.tls(SAY, chosen, NOW).grade is Grade.BAD


@pytest.mark.parametrize(
    ("assignment", "grade"),
    [
        ("server.host=127.0.0.1", Grade.GOOD),
        ("server.host=localhost", Grade.GOOD),
        ("server.host=192.168.7.9", Grade.WARN),
        ("server.public_url=https://genba.example", Grade.GOOD),
    ],
)
def test_plain_http_warns_where_phones_would_come(assignment: str, grade: Grade) -> None:
    assert network.tls(SAY, settings(assignment), NOW).grade is grade


def test_wrong_settings_are_findings_and_the_rest_is_examined(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, report = run(capsys, fault="view.height (--set): wrong; server.prot (x): no such setting")
    rows = report["findings"]
    assert code == 1
    assert [row["grade"] for row in rows if row["name"] == "settings"] == ["bad", "bad"]
    assert any(row["name"] == "python" for row in rows)


def test_a_machine_without_faults_exits_with_zero(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, report = run(capsys, "server.port=0", f"data.dir={tmp_path}")
    assert [row for row in report["findings"] if row["grade"] == "bad"] == []
    assert code == 0


async def test_plugins_are_asked_and_broken_ones_named(tmp_path: Path) -> None:
    async def fails() -> Finding:
        raise RuntimeError("no")

    async def well() -> Finding:
        return Finding(Grade.WARN, "late", "wait")

    class Fake(Plugins):
        def checks(self, settings: Any) -> dict[str, list[Check]]:
            del settings
            return {"fine": [Check("clock", well), Check("door", fails)]}

    plugins = Fake(broken={"worn": "ImportError: gone"}, modules={"fine": object()})
    chosen = await asyncio.to_thread(settings, "server.port=0", data=tmp_path)
    rows = {row.key: row async for row in examine(SAY, chosen, plugins, [], SystemClock())}
    assert rows["plugin.fine"].finding.grade is Grade.GOOD
    assert rows["fine.clock"].finding == Finding(Grade.WARN, "late", "wait")
    assert rows["fine.door"].finding.grade is Grade.BAD
    assert "RuntimeError: no" in rows["fine.door"].finding.what
    assert "ImportError: gone" in rows["plugin.worn"].finding.what
    assert 'plugins.off = ["worn"]' in rows["plugin.worn"].finding.cure


def test_the_table_lines_up_in_japanese() -> None:
    rows = [
        Row("a", "設定", Finding(Grade.GOOD, "x")),
        Row("b", "disk", Finding(Grade.WARN, "y", "z")),
    ]
    lines = table(Say("ja"), rows).splitlines()
    assert lines[0] == "  良好  設定  x"
    assert lines[1] == "  注意  disk  y"
    assert lines[2].strip() == "対処: z"
    assert json.loads(as_json(rows))["grade"] == "warn"

"""What the doctor makes of phones' reports, and of the settings that reach decides by."""

from __future__ import annotations

import argparse
import json
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from genba.api import Grade
from genba.doctor import doctor, network, phones
from genba.doctor.say import Say
from genba.plugins import Plugins
from genba.settings import Settings, load
from genba.wire.report import Findings, Report, Step

if TYPE_CHECKING:
    from pathlib import Path

SAY = Say("en")
NOW = datetime.now(UTC)
GOOD = {"server": "ok", "udp": "ok", "video": "ok"}


def settings(data: Path, *assignments: str) -> Settings:
    return load(environment={}, assignments=[f"data.dir={data}", *assignments])


def report(data: Path, code: str, steps: dict[str, str], age: float = 1) -> None:
    """Keep a report; a step is ``state`` or ``state:why``."""
    made = []
    for name, text in steps.items():
        state, _, why = text.partition(":")
        made.append(Step.model_validate({"name": name, "state": state, "why": why, "ms": 20}))
    found = Report(code=code, at=NOW - timedelta(hours=age), findings=Findings(steps=made))
    folder = data / "tests"
    folder.mkdir(exist_ok=True)
    (folder / f"{code}.json").write_text(found.model_dump_json(), "utf-8")


def said(
    data: Path, *assignments: str, addresses: tuple[str, ...] = ("8.8.4.4",)
) -> dict[str, Any]:
    return dict(phones.recent(SAY, settings(data, *assignments), addresses, NOW))


def test_without_tests_the_page_is_named(tmp_path: Path) -> None:
    found = said(tmp_path, "server.public_url=https://genba.example/")
    assert "https://genba.example/test" in found["tests"].what
    report(tmp_path, "K7P2MQ", GOOD, age=24 * 8)
    assert "Nobody has tested" in said(tmp_path)["tests"].what


def test_good_tests_are_counted(tmp_path: Path) -> None:
    report(tmp_path, "K7P2MQ", GOOD)
    report(tmp_path, "B2C3D4", GOOD, age=2)
    found = said(tmp_path)
    assert list(found) == ["tests"]
    assert found["tests"].grade is Grade.GOOD
    assert "2 in seven days" in found["tests"].what
    assert "K7P-2MQ" in found["tests"].what


def test_one_network_that_blocks_is_told_from_a_server_that_does(tmp_path: Path) -> None:
    report(tmp_path, "K7P2MQ", {"udp": "failed:blocked"})
    alone = said(tmp_path, "rtc.udp_ports=40000-40009")
    assert alone["tests"].grade is Grade.BAD
    assert alone["tests.udp.blocked"].cure.startswith("Open UDP 40000-40009 to this machine")
    report(tmp_path, "B2C3D4", GOOD, age=2)
    beside = said(tmp_path)
    assert beside["tests"].grade is Grade.GOOD
    assert "that phone's network blocks it" in beside["tests.udp.blocked"].what
    assert beside["tests.udp.blocked"].grade is Grade.WARN


def test_a_server_behind_nat_is_told_what_to_set(tmp_path: Path) -> None:
    report(tmp_path, "K7P2MQ", {"udp": "failed:blocked"})
    inside = ("192.168.7.9", "127.0.0.1")
    found = said(tmp_path, addresses=inside)["tests.udp.blocked"]
    assert "private addresses alone" in found.what
    assert "rtc.public_address" in found.cure
    set_already = said(tmp_path, "rtc.public_address=203.0.113.5", addresses=inside)
    assert "firewall" in set_already["tests.udp.blocked"].cure


def test_a_phones_own_trouble_is_no_finding(tmp_path: Path) -> None:
    own = {"camera": "failed:denied", "websocket": "untested"}
    report(tmp_path, "K7P2MQ", {**GOOD, **own})
    report(tmp_path, "B2C3D4", {"server": "failed:offline"}, age=2)
    assert list(said(tmp_path)) == ["tests"]


def test_a_file_that_is_no_report_is_passed_over(tmp_path: Path) -> None:
    report(tmp_path, "K7P2MQ", GOOD)
    (tmp_path / "tests" / "torn.json").write_text('{"code":', "utf-8")
    assert "1 in seven days" in said(tmp_path)["tests"].what


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_trouble_that_a_phone_can_name_has_cause_and_cure(language: Any) -> None:
    from genba.doctor.phonetexts import PHONE_TEXTS

    facts = {"ports": "40000-40009"}
    say = Say(language)
    causes = [key for key in PHONE_TEXTS if key.count(".") >= 2 and not key.endswith(".cure")]
    assert len(causes) > 20
    for key in causes:
        assert say.text(key, **facts)
        assert say.text(f"{key}.cure", **facts)


def run(
    capsys: pytest.CaptureFixture[str], data: Path, code: str
) -> tuple[int, dict[str, dict[str, str]]]:
    arguments = argparse.Namespace(json=True, report=code)
    result = doctor(arguments, lambda _: (settings(data), Plugins()))
    rows = json.loads(capsys.readouterr().out)["findings"]
    return result, {row["name"]: row for row in rows}


def test_one_report_is_explained_step_by_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = {"server": "ok", "udp": "failed:one_way", "turn_tls": "ok"}
    report(tmp_path, "K7P2MQ", {**steps, "video": "slow:thin", "camera": "untested:tap"})
    code, rows = run(capsys, tmp_path, "k7p-2mq")
    assert code == 1
    assert "K7P-2MQ" in rows["report"]["what"]
    assert rows["report.server"]["what"] == "20 ms"
    assert "answers do not get back" in rows["report.udp"]["what"]
    assert rows["report.udp"]["cure"]
    assert rows["report.video"]["grade"] == "warn"
    assert rows["report.camera"]["what"] == "not tested"


def test_an_unknown_code_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, rows = run(capsys, tmp_path, "ZZZ-ZZZ")
    assert code == 1
    assert "There is no report ZZZ-ZZZ" in rows["report"]["what"]


def test_media_that_stays_on_this_machine_is_bad_where_people_come_from_outside(
    tmp_path: Path,
) -> None:
    proxied = "server.public_url=https://genba.example"
    found = network.udp(SAY, settings(tmp_path, proxied))
    assert found.grade is Grade.BAD
    assert 'rtc.addresses = ["0.0.0.0"]' in found.cure
    for cured in ("rtc.addresses=0.0.0.0", "rtc.public_address=203.0.113.5"):
        assert network.udp(SAY, settings(tmp_path, proxied, cured)).grade is Grade.GOOD
    near = "server.public_url=http://localhost:8080"
    assert network.udp(SAY, settings(tmp_path, near)).grade is Grade.GOOD


def test_both_families_are_shown(tmp_path: Path) -> None:
    found = network.udp(SAY, settings(tmp_path, "rtc.addresses=127.0.0.1,::1"))
    assert (found.grade, "127.0.0.1, ::1" in found.what) == (Grade.GOOD, True)


def test_a_port_of_the_system_is_bad_where_it_is_not_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(address: str, port: int = 0, *, taken: bool = False) -> str:
        del address, taken
        return "not given" if port else ""

    monkeypatch.setattr("genba.reach.refusal", refusal)
    found = network.udp(SAY, settings(tmp_path, "rtc.udp_ports=443-450"))
    assert (found.grade, "port 443: not given" in found.what) == (Grade.BAD, True)


@pytest.mark.parametrize(
    ("assignments", "grade", "word"),
    [
        ([], Grade.GOOD, "own addresses"),
        (["rtc.public_address=203.0.113.5"], Grade.WARN, "private"),
        (["rtc.public_address=8.8.4.4"], Grade.GOOD, "8.8.4.4, named before"),
        (["rtc.public_address=10.0.0.5"], Grade.WARN, "private"),
        (["rtc.public_address=no.example"], Grade.BAD, "no.example"),
        (["server.public_url=https://genba.example"], Grade.WARN, "behind NAT or a proxy"),
        (["server.public_url=https://lan.example"], Grade.GOOD, "own addresses"),
    ],
)
def test_the_address_outside_is_looked_at(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    assignments: list[str],
    grade: Grade,
    word: str,
) -> None:
    known = {"genba.example": "8.8.8.8", "lan.example": "192.168.7.9"}

    def look_up(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if name not in known:
            raise OSError(-2, "Name or service not known")
        return [(socket.AF_INET, 0, 0, "", (known[name], 0))]

    monkeypatch.setattr("genba.reach.socket.getaddrinfo", look_up)
    monkeypatch.setattr("genba.doctor.network.socket.getaddrinfo", look_up)
    chosen = settings(tmp_path, "rtc.addresses=127.0.0.1", *assignments)
    found = network.public(SAY, chosen)
    assert (found.grade, word in found.what) == (grade, True), found

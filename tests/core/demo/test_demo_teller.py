"""What `genba demo` tells a person, and the ports that nobody has to know of."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from genba import certificate
from genba.demo import command
from genba.demo.command import Teller

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {
    "url": "https://192.168.7.9:8080/enter/once?next=/s/s1",
    "view": "https://192.168.7.9:8080/v/ticket",
    "join": "https://192.168.7.9:8080/j/1234-5678",
    "empty": "s2",
    "api_token": "secret",
}


@pytest.fixture(autouse=True)
def japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")


def test_a_person_reads_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(as_json=False, made=None)
    teller.waiting()
    teller.ready(FACTS)
    said = capsys.readouterr().out
    assert "カメラを4台つないでいます" in said
    for part in (FACTS["url"], FACTS["view"], "Ctrl+C"):
        assert part in said
    assert "secret" not in said
    assert "█" not in said


def test_on_the_lan_there_is_a_qr_code_and_the_fingerprint(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = certificate.own(tmp_path, datetime.now(UTC))
    Teller(as_json=False, made=made).ready(FACTS)
    said = capsys.readouterr().out
    assert made.fingerprint in said
    assert FACTS["join"] in said
    assert "https://192.168.7.9:8080/s/s2" in said
    assert sum("█" in line for line in said.splitlines()) > 10


def test_a_program_reads_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    teller = Teller(as_json=True, made=None)
    teller.waiting()
    teller.ready(FACTS)
    assert json.loads(capsys.readouterr().out) == FACTS


def test_every_word_has_both_languages() -> None:
    assert all(english and japanese for english, japanese in command._WORDS.values())


def test_a_taken_port_is_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not command._is_free("127.0.0.1", port)
    assert command._is_free("127.0.0.1", port)

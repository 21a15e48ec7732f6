"""When there is a TURN server, what its file says, and what clients are told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genba import turn
from genba.api import Grade
from genba.clock import SystemClock
from genba.doctor.relay import relay
from genba.doctor.say import Say
from genba.server.desk.relay import MOST, Relay
from genba.settings import Settings, SettingsError, load
from genba.turn import configuration
from genba.wire.order import IceServer

if TYPE_CHECKING:
    from datetime import datetime

THERE = "turn.program=/bin/true"
LAN = "rtc.addresses=192.0.2.7"


class Still(SystemClock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = SystemClock().now()

    def now(self) -> datetime:
        return self.at


def settings(*words: str) -> Settings:
    return load(Path("/dev/null"), {}, words)


def planned(*words: str) -> turn.Plan:
    found = turn.plan(settings(THERE, LAN, *words))
    assert isinstance(found, turn.Plan)
    return found


def test_it_is_off_where_nobody_outside_could_use_it() -> None:
    assert turn.plan(settings(THERE)) == turn.Off("loopback")
    assert turn.plan(settings("turn.program=/nowhere", LAN)) == turn.Off("missing")
    assert turn.plan(settings(THERE, LAN, "turn.enabled=off")) == turn.Off("set")


def test_it_refuses_to_be_on_where_it_cannot() -> None:
    with pytest.raises(turn.TurnError, match="install coturn"):
        turn.plan(settings("turn.enabled=on", "turn.program=/nowhere", LAN))
    with pytest.raises(turn.TurnError, match="loopback"):
        turn.plan(settings("turn.enabled=on", THERE))
    with pytest.raises(turn.TurnError, match=r"turn\.certificate"):
        turn.plan(settings(THERE, LAN, "turn.certificate=/nowhere.pem"))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("relay_ports=80-90", "between 1024"),
        ("relay_ports=50001-50000", "low-high"),
        ("credential_minutes=60", "10"),
        ("public_address=127.0.0.1", "loopback"),
        ("certificate=/a\nno-auth", "line end"),
    ],
)
def test_wrong_settings_are_named(word: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        settings(f"turn.{word}")


def test_clients_are_told_what_the_settings_say() -> None:
    assert planned().urls == (
        "turn:192.0.2.7:3478?transport=udp",
        "turn:192.0.2.7:3478?transport=tcp",
    )
    outside = planned("rtc.public_address=203.0.113.5")
    assert outside.urls[0] == "turn:203.0.113.5:3478?transport=udp"
    assert outside.peers == ("203.0.113.5", "192.0.2.7")
    assert planned("rtc.addresses=2001:db8::7").urls[1] == "turn:[2001:db8::7]:3478?transport=tcp"
    named = planned("turn.public_address=turn.example", "turn.public_port=80")
    assert named.urls[0] == "turn:turn.example:80?transport=udp"


def test_its_file_denies_everybody_but_genba(tmp_path: Path) -> None:
    lines = configuration.text(planned(), "5ecret", tmp_path).splitlines()
    assert [one for one in lines if one.startswith("allowed-peer-ip")] == [
        "allowed-peer-ip=192.0.2.7"
    ]
    assert "denied-peer-ip=0.0.0.0-255.255.255.255" in lines
    assert "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" in lines
    assert {"no-cli", "no-tcp-relay", "no-multicast-peers", "no-tls", "fingerprint"} <= set(lines)
    assert not any("loopback" in one or "web-admin" in one for one in lines)


def test_credentials_are_those_that_coturn_reads() -> None:
    made = turn.mint("5ecret", "abc", 1_800_000_000)
    assert made.username == "1800000000:abc"
    digest = hmac.new(b"5ecret", b"1800000000:abc", hashlib.sha1).digest()
    assert base64.b64decode(made.password) == digest
    assert made.password not in repr(made)


async def test_each_asking_gets_fresh_credentials_until_it_asks_too_often(tmp_path: Path) -> None:
    clock = Still()
    relay = Relay(clock)
    assert relay.servers("ticket") == ()
    await relay.open(await asyncio.to_thread(settings, THERE, LAN), tmp_path)
    first = relay.servers("ticket")
    assert [one.urls for one in first] == list((await asyncio.to_thread(planned)).urls)
    assert {int(one.username.partition(":")[0]) for one in first} == {
        int(clock.at.timestamp()) + 600
    }
    assert first[0].credential not in repr(first)
    clock.at += timedelta(seconds=1)
    assert relay.servers("ticket")[0].username != first[0].username
    clock.at += timedelta(minutes=1)
    assert sum(bool(relay.servers("ticket")) for _ in range(3 * MOST)) == MOST
    assert relay.servers("another")
    clock.at += timedelta(minutes=1)
    assert relay.servers("ticket")
    assert "." in relay.servers("link", shared=True)[0].username
    assert (tmp_path / "keys" / "turn").stat().st_mode & 0o777 == 0o600


def test_a_link_header_names_server_and_credentials() -> None:
    server = IceServer(urls="turn:t.example:3478?transport=tcp", username="1:a", credential="b/c=")
    assert server.link() == (
        '<turn:t.example:3478?transport=tcp>; rel="ice-server"; username="1:a"; '
        'credential="b/c="; credential-type="password"'
    )
    assert IceServer(urls="stun:s.example").link() == '<stun:s.example>; rel="ice-server"'


def test_the_doctor_says_how_the_relay_stands() -> None:
    say = Say("en")
    assert relay(say, settings(THERE)).grade is Grade.GOOD
    assert relay(say, settings("turn.program=/nowhere", LAN)).cure == "apt-get install coturn"
    assert relay(say, settings(THERE, LAN, "turn.enabled=off")).grade is Grade.WARN
    assert relay(say, settings(LAN, "turn.enabled=on", "turn.program=/no")).grade is Grade.BAD
    own = "rtc.ice_servers=turn:t.example:3478|u|s"
    assert relay(say, settings("turn.program=/nowhere", LAN, own)).grade is Grade.GOOD

"""Settings of ``rtc``: what is refused, by which name and why."""

from __future__ import annotations

import socket

import pytest

from genba import reach
from genba.settings import SettingsError, load


def rtc(*assignments: str) -> None:
    load(environment={}, assignments=[f"rtc.{one}" for one in assignments])


@pytest.mark.parametrize(
    ("assignment", "cause"),
    [
        ("udp_ports=5000-4000", "write low-high between 1 and 65535"),
        ("udp_ports=0-10", "write low-high"),
        ("udp_ports=65000-70000", "write low-high"),
        ("udp_ports=40000", "pattern"),
        ("addresses=genba.example", "genba.example is not an address"),
        ("addresses=10.0.0.300", "10.0.0.300 is not an address"),
        ("addresses=10.0.0.1,224.0.0.1", "224.0.0.1 is a multicast address"),
        ("addresses=fe80::1", "fe80::1 is link-local"),
        ("addresses=fe80::1%eth0", "link-local"),
        ("public_address=203.0.113", "203.0.113 is neither an address nor a host name"),
        ("public_address=203.0.113.500", "neither an address nor a host name"),
        ("public_address=https://genba.example", "neither an address nor a host name"),
        ("public_address=127.0.0.1", "127.0.0.1 is a loopback address"),
        ("public_address=203.0.113.5, ::", ":: is an unspecified address"),
        ("ice_servers=turn.example:3478", "turn.example:3478: write stun:host:port"),
        ("ice_servers=turn:turn.example:3478", "TURN needs |user|secret"),
        ("ice_servers=turn:turn.example?transport=sctp|u|s", "write stun:host:port"),
        ("ice_servers=turn:turn.example:99999|u|s", "write stun:host:port"),
        ("ice_servers=stun:stun.example|u|s", "STUN takes no user"),
        ('ice_servers=turn:turn.example|u|s"t', "no quotes"),
    ],
)
def test_a_wrong_word_is_named_with_its_cause(assignment: str, cause: str) -> None:
    with pytest.raises(SettingsError) as caught:
        rtc(assignment)
    said = str(caught.value)
    assert said.startswith(f"rtc.{assignment.partition('=')[0]} (--set): ")
    assert cause in said
    assert "Value error" not in said


def test_a_secret_stands_in_no_message() -> None:
    with pytest.raises(SettingsError) as caught:
        rtc('ice_servers=turn:turn.example|someone|hush"hush')
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "assignment",
    [
        "udp_ports=",
        "udp_ports=40000-40099",
        "udp_ports=443-443",
        "addresses=0.0.0.0,::",
        "addresses=10.0.0.1,2001:db8::7,169.254.3.4",
        "public_address=203.0.113.5",
        "public_address=203.0.113.5, 2001:db8::5",
        "public_address=genba.example",
        "ice_servers=stun:stun.example:3478,turns:[2001:db8::5]:443?transport=tcp|u|s",
    ],
)
def test_a_good_word_is_taken(assignment: str) -> None:
    rtc(assignment)


def test_an_address_of_elsewhere_is_refused_at_start() -> None:
    with pytest.raises(reach.ReachError, match=r"rtc\.addresses 192\.0\.2\.77: Cannot assign"):
        reach.check(("127.0.0.1", "192.0.2.77"), "", "")
    reach.check(("127.0.0.1", "0.0.0.0"), "", "")  # noqa: S104


def test_a_port_of_the_system_is_refused_where_the_system_refuses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Refuses(socket.socket):
        def bind(self, address: object) -> None:
            del address
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("genba.reach.socket.socket", Refuses)
    reach.check((), "40000-40001", "")
    with pytest.raises(reach.ReachError, match=r"rtc\.udp_ports 443-444: port 443: ports below"):
        reach.check((), "443-444", "")


def test_a_name_is_looked_up_once_for_each_family(monkeypatch: pytest.MonkeyPatch) -> None:
    def known(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if name != "genba.example":
            raise OSError(-2, "Name or service not known")
        four = [(socket.AF_INET, 0, 0, "", (one, 0)) for one in ("203.0.113.5", "203.0.113.6")]
        return [*four, (socket.AF_INET6, 0, 0, "", ("2001:db8::5", 0, 0, 0))]

    monkeypatch.setattr("genba.reach.socket.getaddrinfo", known)
    assert reach.public("genba.example, 203.0.113.5") == ("203.0.113.5", "2001:db8::5")
    assert reach.public("") == ()
    with pytest.raises(reach.ReachError, match=r"rtc\.public_address no\.example: Name or serv"):
        reach.public("no.example")


def test_a_name_for_this_very_machine_is_no_address_outside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = [(socket.AF_INET, 0, 0, "", ("127.0.1.1", 0))]
    monkeypatch.setattr("genba.reach.socket.getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(reach.ReachError, match=r"127\.0\.1\.1 is a loopback address"):
        reach.public("my-host")

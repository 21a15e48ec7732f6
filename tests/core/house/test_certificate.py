"""The self-made certificate, as a TLS client and as a file."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from genba import certificate
from genba.certificate import CertificateError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC)


def test_it_names_localhost_the_host_and_the_lan(tmp_path: Path) -> None:
    made = certificate.own(tmp_path, NOW, ["192.168.7.9"])
    assert {"localhost", "127.0.0.1", "::1", "192.168.7.9"} <= made.names
    assert socket.gethostname().lower() in made.names
    assert NOW + timedelta(days=396) < made.expires <= NOW + timedelta(days=397)


def test_its_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    made = certificate.own(tmp_path / "new", NOW)
    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in made.chain.read_text()


def test_it_is_kept_while_it_serves(tmp_path: Path) -> None:
    first = certificate.own(tmp_path, NOW, ["192.168.7.9"])
    assert certificate.own(tmp_path, NOW, ["192.168.7.9"]) == first
    assert certificate.own(tmp_path, NOW, []) == first
    later = NOW + timedelta(days=380)
    assert certificate.own(tmp_path, later, ["192.168.7.9"]) == first


@pytest.mark.parametrize("change", ["address", "age", "broken", "foreign key"])
def test_it_is_made_anew_when_it_does_not_serve(tmp_path: Path, change: str) -> None:
    first = certificate.own(tmp_path, NOW, [])
    addresses, now = [], NOW
    match change:
        case "address":
            addresses = ["10.1.2.3"]
        case "age":
            now = NOW + timedelta(days=391)
        case "broken":
            first.chain.write_text("nothing")
        case _:
            other = certificate.own(tmp_path / "other", NOW, [])
            first.key.write_bytes(other.key.read_bytes())
    again = certificate.own(tmp_path, now, addresses)
    assert again.fingerprint != first.fingerprint
    assert again == certificate.read(again.chain, again.key)


def test_files_that_do_not_fit_are_named(tmp_path: Path) -> None:
    one, two = certificate.own(tmp_path / "1", NOW), certificate.own(tmp_path / "2", NOW)
    with pytest.raises(CertificateError, match="is not the key of"):
        certificate.read(one.chain, two.key)
    with pytest.raises(CertificateError, match="no certificate"):
        certificate.read(one.key, one.key)
    with pytest.raises(CertificateError, match="no private key"):
        certificate.read(one.chain, one.chain)
    with pytest.raises(FileNotFoundError):
        certificate.read(tmp_path / "none.pem", one.key)


def test_a_client_that_trusts_it_connects(tmp_path: Path) -> None:
    made = certificate.own(tmp_path, NOW)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.chain, made.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        with listening, server.wrap_socket(listening.accept()[0], server_side=True) as one:
            one.sendall(b"well")

    thread = threading.Thread(target=greet)
    thread.start()
    client = ssl.create_default_context(cafile=str(made.chain))
    with (
        socket.create_connection(listening.getsockname(), timeout=10) as raw,
        client.wrap_socket(raw, server_hostname="127.0.0.1") as safe,
    ):
        assert safe.recv(10) == b"well"
        seen = safe.getpeercert(binary_form=True)
    thread.join(10)
    assert seen is not None
    assert ssl.PEM_cert_to_DER_cert(made.chain.read_text()) == seen


def test_addresses_of_the_lan_are_addresses() -> None:
    for address in certificate.lan_addresses():
        assert not ipaddress.ip_address(address).is_loopback

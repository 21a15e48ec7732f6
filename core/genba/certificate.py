"""A certificate of our own making, so that a phone on the same network gets HTTPS.

Browsers hand out cameras to secure pages only. The certificate is signed by itself: a phone warns
once, and whoever holds it can compare the fingerprint with the one that the server prints.
Everything here reads or writes disk: call it in a thread.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

LIFE = timedelta(days=397)  # the longest that Apple's and Google's browsers accept
RENEW = timedelta(days=7)  # one that ends sooner is made anew
_BACK = timedelta(hours=1)  # phones' clocks are not all right

# Documentation networks (RFC 5737, RFC 3849): connecting a UDP socket sends nothing, it only asks
# the routing table which local address would be used.
_FAR = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_LOOPBACK = ("127.0.0.1", "::1")


class CertificateError(ValueError):
    """A certificate or its key cannot be used, and why."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Two PEM files and what is known of them; ``expires`` is UTC."""

    chain: Path
    key: Path
    fingerprint: str  # SHA-256 as browsers show it: AA:BB:...
    expires: datetime
    names: frozenset[str]  # DNS names and addresses that it stands for


def lan_addresses() -> tuple[str, ...]:
    """Return the addresses by which this machine reaches its networks, without asking any."""
    found = []
    for family, far in _FAR:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                found.append(str(probe.getsockname()[0]))
        except OSError:  # no route: no such network
            continue
    return tuple(a for a in found if not ipaddress.ip_address(a).is_loopback)


def own(directory: Path, now: datetime, addresses: Iterable[str] | None = None) -> Certificate:
    """Return the self-made certificate in ``directory``, made anew where it does not serve.

    It serves while it lasts a week more and names ``addresses`` (None: those of the LAN), the host
    and localhost. The key is P-256 and readable by its owner alone. Raises OSError.
    """
    addresses = lan_addresses() if addresses is None else tuple(addresses)
    host = socket.gethostname().lower()
    names = frozenset({*_LOOPBACK, "localhost", host, *addresses})
    chain, key = directory / "certificate.pem", directory / "certificate-key.pem"
    try:
        found = read(chain, key)
    except (OSError, CertificateError):
        found = None
    if found is not None and found.expires - now > RENEW and names <= found.names:
        return found
    directory.mkdir(parents=True, exist_ok=True)
    secret = ec.generate_private_key(ec.SECP256R1())
    made = _make(secret, sorted(names), host, now)
    _write(
        key,
        secret.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        0o600,
    )
    _write(chain, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return read(chain, key)


def read(chain: Path, key: Path) -> Certificate:
    """Return what the two files hold; raises OSError, or CertificateError where they do not fit."""
    try:
        leaf = x509.load_pem_x509_certificates(chain.read_bytes())[0]
    except ValueError as error:
        raise CertificateError(f"{chain} is no certificate in PEM") from error
    try:
        secret = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise CertificateError(f"{key} is no private key in PEM without a password") from error
    if secret.public_key() != leaf.public_key():
        raise CertificateError(f"{key} is not the key of {chain}")
    digest = leaf.fingerprint(hashes.SHA256())
    return Certificate(chain, key, digest.hex(":").upper(), leaf.not_valid_after_utc, _names(leaf))


def _names(leaf: x509.Certificate) -> frozenset[str]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return frozenset({*names.get_values_for_type(x509.DNSName), *addresses})


def _make(
    secret: ec.EllipticCurvePrivateKey, names: list[str], host: str, now: datetime
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Genba {host}"[:64])])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now - _BACK + LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Put a file in place in one step; nobody else can read it at any moment before."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(number, "wb") as file:
        file.write(data)
    part.replace(path)

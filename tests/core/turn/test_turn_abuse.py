"""What strangers, and bearers who want more, get from the TURN server: a refusal each time."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path

import pytest

from genba import turn
from genba.turn.configuration import USER_QUOTA
from tests.kit.turnclient import OK, TCP
from tests.kit.turnserver import SECRET, needs_coturn, turn_house

pytestmark = needs_coturn

# One address of each range of IANA's special-purpose registries (RFC 6890 and what updates it),
# and of everybody's: none of them is where Genba's media is.
FOUR = (
    "0.0.0.1", "10.0.0.1", "10.99.0.2", "10.255.255.254", "100.64.0.1", "127.0.0.1", "127.8.8.8",
    "169.254.169.254", "172.16.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.31.196.1",
    "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.175.48.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "8.8.8.8",
)  # fmt: skip
SIX = (
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.99.0.1", "::ffff:169.254.169.254", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
    "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
    "2620:4f:8000::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fd99::2", "fe80::1",
    "fec0::1", "ff02::1", "ff05::2", "2606:4700:4700::1111",
)  # fmt: skip


async def test_only_good_credentials_open_a_relay(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        assert await (await house.client()).allocate() == OK
        assert await (await house.client(tls=True)).allocate() == OK
        old = house.credentials(seconds=-5)
        assert await (await house.client(old)).allocate() == 401
        wrong = turn.mint("another secret", "ticket", int(time.time()) + 300)
        assert await (await house.client(wrong)).allocate() == 401
        longer = turn.Credentials(f"{int(time.time()) + 9000}:ticket", house.credentials().password)
        assert await (await house.client(longer)).allocate() == 401
        assert await (await house.client(turn.Credentials("ticket", "x"))).allocate() == 401


async def test_a_relay_leads_to_genba_and_nowhere_else(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        client = await house.client()
        assert await client.allocate() == OK
        assert client.relayed is not None
        assert client.relayed[0] == "10.99.0.1"
        assert 49160 <= client.relayed[1] <= 49359
        assert {one: await client.permit(one) for one in FOUR} == dict.fromkeys(FOUR, 403)
        assert await client.permit("fd99::1") == 443  # another family
        assert await client.permit("10.99.0.1", 40000) == OK
        assert await (await house.client()).allocate(TCP) in (403, 442)


async def test_a_relay_of_the_sixth_version_leads_nowhere_else_either(tmp_path: Path) -> None:
    async with turn_house(tmp_path, address="fd99::1") as house:
        client = await house.client(six=True)
        assert await client.allocate() == OK
        assert client.relayed is not None
        assert client.relayed[0] == "fd99::1"
        assert {one: await client.permit(one) for one in SIX} == dict.fromkeys(SIX, 403)
        assert await client.permit("fd99::1", 40000) == OK


async def test_one_bearer_has_a_quota_over_all_credentials(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        for n in range(USER_QUOTA):
            who = house.credentials(seconds=300 + n)
            assert await (await house.client(who)).allocate() == OK
        assert await (await house.client(house.credentials(seconds=280))).allocate() == 486
        assert await (await house.client(house.credentials("another"))).allocate() == OK


async def test_all_together_have_the_ports_that_there_are(tmp_path: Path) -> None:
    async with turn_house(tmp_path, "turn.relay_ports=50000-50005") as house:
        codes = [
            await (await house.client(house.credentials(f"bearer-{n}"))).allocate()
            for n in range(10)
        ]
    assert codes[:4] == [OK] * 4
    assert set(codes[6:]) <= {486, 508}


async def test_a_call_outlives_the_credentials_that_it_began_with(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        who = house.credentials(seconds=2)
        client = await house.client(who)
        assert await client.allocate() == OK
        async with asyncio.timeout(10):
            while await (await house.client(who)).allocate() == OK:  # noqa: ASYNC110 (coturn tells nobody)
                await asyncio.sleep(0.2)
        assert await client.refresh() == OK
        assert await client.permit("10.99.0.1", 40001) == OK


async def test_nothing_is_open_but_what_calls_need(tmp_path: Path) -> None:
    async with turn_house(tmp_path) as house:
        listening = await asyncio.create_subprocess_exec(
            "ss", "-Htuln", stdout=asyncio.subprocess.PIPE
        )
        said, _ = await listening.communicate()
        ports = {line.split()[4].rpartition(b":")[2] for line in said.splitlines()}
        assert ports == {b"3478", b"5349"}
        modern = await house.client(tls=True)
        assert modern.protocol in ("TLSv1.2", "TLSv1.3")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with house.network.inside("b"), pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("10.99.0.1", 5349, ssl=old, ssl_handshake_timeout=2)


async def test_the_secret_is_in_one_file_for_its_owner(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with turn_house(tmp_path) as house:
        who = house.credentials()
        assert await (await house.client(who)).allocate() == OK
        assert await (await house.client(turn.Credentials(who.username, "x"))).allocate() == 401
        config = house.runtime / "turn.conf"
        assert config.stat().st_mode & 0o777 == 0o600
        assert SECRET in await asyncio.to_thread(config.read_text, "utf-8")
        pid = house.server.state()["pid"]
        for name in ("cmdline", "environ"):
            assert SECRET.encode() not in await asyncio.to_thread(
                Path(f"/proc/{pid}/{name}").read_bytes
            )
        assert SECRET not in repr(house.server.state())
    assert not config.exists()
    assert "coturn:" in caplog.text
    assert SECRET not in caplog.text
    assert who.password not in caplog.text

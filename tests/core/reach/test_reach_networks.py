"""Calls over IPv6, from behind 1:1 NAT, and with several addresses: real processes, real peers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from genba.wire.order import RtcOrder
from genba.wire.ticket import TicketKind
from tests.kit.nat import INSIDE, Nat
from tests.kit.netns import Network, needs_namespaces
from tests.kit.rtc import Publisher, Viewer
from tests.kit.sessionprocess import session_process
from tests.kit.until import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kit.sessionprocess import SessionProcess

ANY4, ANY6 = "0.0.0.0", "::"  # noqa: S104


def camera(session: SessionProcess, host: str) -> Publisher:
    made = Publisher(session.asker("/whip", TicketKind.CAMERA), audio=False)
    made.host = host
    return made


def viewer(session: SessionProcess, host: str) -> Viewer:
    made = Viewer(session.asker(), ("H264",), audio=False)
    made.host = host
    return made


async def called(session: SessionProcess, host: str) -> str:
    """Have a camera and a viewer at ``host``; return the answer that the camera got."""
    async with camera(session, host) as sender:
        await sender.connected()
        async with viewer(session, host) as guest:
            await guest.seen(pictures=3, limit=20)
            assert (await session.state()).figures.counts.packets_received > 0
        return sender.answer


async def test_a_call_over_the_sixth_version_of_loopback(tmp_path: Path) -> None:
    async with session_process(tmp_path, rtc=RtcOrder(addresses=("::1",))) as session:
        answer = await called(session, "::1")
    assert "c=IN IP6 ::1" in answer


@needs_namespaces
async def test_calls_over_both_families_at_one_port(tmp_path: Path) -> None:
    async with Network() as network:
        rtc = RtcOrder(addresses=(ANY6,))
        async with session_process(tmp_path, network=network, rtc=rtc) as session:
            with network.inside("b"):
                await called(session, network.address("b"))
                answer = await called(session, network.address("b", six=True))
    offered = {line.split()[4] for line in answer.splitlines() if " typ host" in line}
    assert {network.address("a"), network.address("a", six=True)} <= offered
    assert not any(one.startswith("fe80") for one in offered)


@needs_namespaces
async def test_a_second_address_of_the_machine_is_answered_by_itself(tmp_path: Path) -> None:
    """The kernel alone would answer from the first address, which a client's ICE does not take."""
    second = "10.99.0.77"
    async with Network() as network:
        await network.run(
            "a", "sh", "-c", f"ip addr add {second}/24 dev $(ls /sys/class/net | grep -v lo)"
        )
        rtc = RtcOrder(addresses=(second, "127.0.0.1"))
        async with session_process(tmp_path, network=network, rtc=rtc) as session:
            with network.inside("b"):
                await called(session, network.address("b"))


@needs_namespaces
async def test_a_public_address_leads_through_nat(tmp_path: Path) -> None:
    async with Network() as network, Nat(network) as nat:
        outside = network.address("a")
        rtc = RtcOrder(addresses=(INSIDE,), public_addresses=(outside,))
        async with session_process(tmp_path, network=nat, rtc=rtc) as session:
            with network.inside("b"):
                answer = await called(session, network.address("b"))
            with nat.inside("a"):  # who is on the server's own network has not lost it
                await called(session, INSIDE)
    assert answer.index(f" {outside} ") < answer.index(f" {INSIDE} ")


@needs_namespaces
async def test_without_a_public_address_nobody_comes_through_nat(tmp_path: Path) -> None:
    async with Network() as network, Nat(network) as nat:
        rtc = RtcOrder(addresses=(INSIDE,))
        async with session_process(tmp_path, network=nat, rtc=rtc) as session:
            with network.inside("b"):
                async with camera(session, network.address("b")) as sender:
                    with pytest.raises(TimeoutError):
                        await until(lambda: sender.pc.connectionState == "connected", 3)

"""Transport-wide feedback, read back as a sender would."""

from __future__ import annotations

import asyncio
import struct

import pytest

from genba.session.peer.counter import unwrap
from genba.session.peer.feedback import TransportFeedback
from genba.session.peer.packet import Numbers, Rtp

WIDE = 5


def read(message: bytes) -> tuple[int, dict[int, float]]:
    """Return the feedback's number, and seconds of arrival by sequence number."""
    first, kind, words = struct.unpack_from("!BBH", message)
    assert (first & 0x1F, kind, 4 * (words + 1)) == (15, 205, len(message))
    base, count, reference = struct.unpack_from("!HHL", message, 12)
    symbols: list[int] = []
    at = 20
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", message, at)
        at += 2
        if chunk & 0x8000:
            symbols += [chunk >> (12 - 2 * k) & 3 for k in range(7)]
        else:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
    found = {}
    ticks = (reference >> 8) * 256
    for index, symbol in enumerate(symbols[:count]):
        if symbol == 1:
            ticks += message[at]
            at += 1
        elif symbol == 2:
            ticks += struct.unpack_from("!h", message, at)[0]
            at += 2
        if symbol:
            found[(base + index) & 0xFFFF] = ticks / 4000
    return reference & 0xFF, found


def packet(number: int) -> Rtp:
    head = struct.pack("!BBHLL", 0x90, 96, 0, 0, 7)
    extension = struct.pack("!HHBHx", 0xBEDE, 1, WIDE << 4 | 1, number & 0xFFFF)
    return Rtp(head + extension, Numbers(wide=WIDE))


class Mailbox:
    def __init__(self) -> None:
        self.messages: asyncio.Queue[bytes] = asyncio.Queue()

    async def next(self) -> tuple[int, dict[int, float]]:
        async with asyncio.timeout(5):
            return read(await self.messages.get())


@pytest.mark.parametrize("first", [100, 65530])
async def test_arrivals_gaps_and_order_survive(first: int) -> None:
    mail = Mailbox()
    feedback = TransportFeedback(mail.messages.put_nowait)
    came = [n for n in range(60) if n not in (3, 4, 20)]
    came[10], came[11] = came[11], came[10]
    arrivals = {first + n: 50.0 + index * 0.0008 for index, n in enumerate(came)}
    arrivals[first + 59] += 0.3  # needs a large delta
    for number, arrival in arrivals.items():
        feedback.see(packet(number), arrival)
    number, found = await mail.next()
    assert number == 0
    assert set(found) == {n & 0xFFFF for n in arrivals}
    for n, arrival in arrivals.items():
        assert found[n & 0xFFFF] == pytest.approx(arrival, abs=0.0003)


async def test_leaps_of_the_sequence_make_no_endless_message() -> None:
    mail = Mailbox()
    feedback = TransportFeedback(mail.messages.put_nowait)
    for leap in range(400):
        feedback.see(packet(leap * 30_000), 1.0 + leap / 10_000)
    async with asyncio.timeout(5):
        message = await mail.messages.get()
    assert len(message) < 64
    assert set(read(message)[1]) == {399 * 30_000 & 0xFFFF}


async def test_the_next_message_goes_on_where_the_last_one_ended() -> None:
    mail = Mailbox()
    feedback = TransportFeedback(mail.messages.put_nowait)
    feedback.see(packet(10), 1.0)
    assert (await mail.next())[1].keys() == {10}
    feedback.see(packet(13), 1.1)
    async with asyncio.timeout(5):
        message = await mail.messages.get()
    assert struct.unpack_from("!HH", message, 12) == (11, 3)  # 11 and 12 are told as lost
    assert read(message)[0] == 1
    feedback.stop()


async def test_after_a_stall_every_message_still_fits_into_a_datagram() -> None:
    mail = Mailbox()
    feedback = TransportFeedback(mail.messages.put_nowait)
    for number in range(2000):
        feedback.see(packet(number), 1.0 + (number % 2) * 0.01)
    feedback.see(packet(2000), 2.0)
    told: set[int] = set()
    while not mail.messages.empty():
        message = mail.messages.get_nowait()
        assert len(message) < 1200
        told |= set(read(message)[1])
    assert told == set(range(2001))


def test_counters_unwrap_to_the_nearest() -> None:
    assert unwrap(5, None, 16) == 5
    assert unwrap(2, 65535, 16) == 65538
    assert unwrap(65535, 65538, 16) == 65535
    assert unwrap(0, (1 << 32) - 10, 32) == 1 << 32

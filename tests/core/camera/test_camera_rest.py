"""What nobody sees is not decoded; what somebody begins to see is there at once."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from genba.clock import SystemClock
from genba.session.camera import AccessUnit, CameraLink, FrameSlot
from genba.session.mediaclock import MediaClock
from genba.session.peer import PeerSocket
from genba.session.seat import SILENCE
from genba.session.session import Session
from genba.wire.order import RtcOrder
from genba.wire.state import CameraState
from genba.wire.ticket import TicketKind, read
from tests.kit.orders import order, ticket
from tests.kit.rtc import Publisher, Viewer
from tests.kit.until import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

WARM = 0.3


class Watched:
    """A camera's link, and whether anybody looks."""

    def __init__(self, peer_socket: PeerSocket) -> None:
        self.socket = peer_socket
        self.slot = FrameSlot()
        self.units: list[AccessUnit] = []
        self.wanted = True
        self.links: list[CameraLink] = []

    async def answer(self, text: str) -> str:
        link = await CameraLink.open(
            self.socket,
            text,
            MediaClock(),
            self.slot,
            on_unit=self.units.append,
            wanted=lambda: self.wanted,
            warm=WARM,
        )
        self.links.append(link)
        return link.peer.answer

    @property
    def link(self) -> CameraLink:
        return self.links[-1]

    async def rested(self) -> None:
        self.wanted = False
        await until(lambda: self.link.resting and self.link._decoder._codec is None)


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    async with PeerSocket(RtcOrder()) as peer_socket:
        found = Watched(peer_socket)
        yield found
        for link in found.links:
            await link.close()


async def test_nothing_is_decoded_when_nobody_sees_it(watched: Watched) -> None:
    async with Publisher(watched.answer, fps=30):
        await until(lambda: watched.slot.count > 5)
        await watched.rested()
        count, units = watched.slot.count, len(watched.units)
        assert watched.slot.frame is None  # no old picture is taken for a new one
        await until(lambda: len(watched.units) > units + 20)
        stats = watched.link.stats()
        assert (watched.slot.count, stats.pictures) == (count, count)
        assert watched.link.counts().decoder_dropped == 0
        assert stats.fps > 5  # they come all the same
        assert stats.last_picture_age is not None
        assert stats.last_picture_age < SILENCE
        steps = {b.ts - a.ts for a, b in zip(watched.units, watched.units[1:], strict=False)}
        assert steps == {3000}  # whoever records got every one


async def test_a_glance_away_costs_nothing(watched: Watched) -> None:
    """Within ``WARM`` the decoder goes on, and no key picture is asked for."""
    async with Publisher(watched.answer, fps=30):
        await until(lambda: watched.slot.count > 5)
        asked = watched.link.counts().keys_to_cameras
        watched.wanted = False
        count = watched.slot.count
        await until(lambda: watched.slot.count > count + 2)
        watched.wanted = True
        await until(lambda: watched.slot.count > count + 20)
        assert watched.link.counts().keys_to_cameras == asked


async def test_who_looks_again_sees_a_picture_at_once(watched: Watched) -> None:
    async with Publisher(watched.answer, width=1280, height=720, fps=30):
        await until(lambda: watched.slot.count > 5)
        for _ in range(5):
            await watched.rested()
            count, asked = watched.slot.count, watched.link.counts().keys_to_cameras
            watched.wanted, began = True, time.monotonic()
            await until(lambda: watched.slot.count > count)  # noqa: B023  it is waited for here
            took = time.monotonic() - began
            print(f"a picture {took * 1000:.0f} ms after somebody looked")  # noqa: T201
            assert watched.link.counts().keys_to_cameras == asked + 1
            assert watched.link.counts().decoder_dropped == 0


async def test_a_silent_camera_is_told_from_an_unseen_one(watched: Watched) -> None:
    async with Publisher(watched.answer, fps=30):
        await until(lambda: watched.slot.count > 5)
        await watched.rested()
    await asyncio.wait_for(watched.link.peer.closed.wait(), 5)
    before = watched.link.stats().last_picture_age
    assert before is not None
    await until(lambda: (watched.link.stats().last_picture_age or 0) > before)


async def test_a_sessions_cameras_rest_until_somebody_joins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("genba.session.cameras.WARM", WARM)
    monkeypatch.setattr("genba.session.encoder.layers.LATELY", WARM)
    made = order(tmp_path)
    camera = read(made.ticket_key, ticket(TicketKind.CAMERA, made.session), datetime.now(UTC))
    supporter = read(made.ticket_key, ticket(TicketKind.DESK, made.session), datetime.now(UTC))
    async with Session(made, {}, SystemClock()) as session:

        async def whip(offer: str) -> str:
            return (await session.cameras.publish(camera, offer)).peer.answer

        async def whep(offer: str) -> str:
            return (await session.viewers.open(supporter, offer)).peer.answer

        async with Publisher(whip, fps=30):
            seat = session.cameras.seats[0]
            await until(lambda: seat.link is not None and seat.link.resting)
            count = seat.frames.count
            assert seat.state is CameraState.LIVE
            picture = await session.picture()  # of now, though nobody looks
            assert picture is not None
            assert seat.frames.count > count
            await until(lambda: seat.link is not None and seat.link.resting, 15)
            assert seat.state is CameraState.LIVE
            began = time.monotonic()
            async with Viewer(whep, audio=False) as viewer:
                await viewer.seen(1)
                print(f"first picture {(time.monotonic() - began) * 1000:.0f} ms after the offer")  # noqa: T201
                assert seat.link is not None
                assert not seat.link.resting
                assert seat.state is CameraState.LIVE

"""What strangers send breaks nothing: spoiled inputs, the same ones each time.

`make fuzz` feeds a hundred thousand; here a few thousand do, to find what breaks at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genba.errors import GenbaError
from genba.session.camera.bits import BitReader
from genba.session.camera.header import PictureRefusedError, check_header
from genba.session.peer.offer import read_offer
from genba.wire.ticket import session_of
from tests.fuzz.process import Bodies, feed_control
from tests.fuzz.run import feed
from tests.fuzz.targets import targets
from tests.kit.sessionprocess import session_process

if TYPE_CHECKING:
    from pathlib import Path

    from genba.session.peer.offer import Role

NAMES = (
    *("offer", "fragment", "datagram", "rtp", "rtcp", "peer", "h264", "vp8", "opus"),
    *("ticket", "control", "wire", "command"),
)
MANY = settings(
    max_examples=200,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


async def test_every_target_is_fed() -> None:
    assert tuple(targets()) == NAMES


@pytest.mark.parametrize("name", NAMES)
async def test_spoiled_inputs_break_nothing(name: str) -> None:
    outcome = feed(targets()[name], 1500, seed=1)
    assert outcome.fault is None, outcome.fault
    assert outcome.inputs == 1500


async def test_good_inputs_are_good() -> None:
    """A corpus that is refused as a whole would test nothing but the first line of a parser."""
    for data in targets()["offer"].corpus:
        text = data.decode()
        role: Role = "view" if "a=recvonly" in text else "publish"
        assert read_offer(text, role).taken


async def test_spoiled_bodies_are_answered_by_a_real_session_process(tmp_path: Path) -> None:
    found = targets()
    async with session_process(tmp_path) as session:
        bodies = Bodies(session)
        await bodies.feed(found["offer"], 300, seed=3)
        assert bodies.outcome.fault is None, bodies.outcome.fault
        assert set(bodies.statuses) >= {200, 201, 204, 400, 406, 422}
        said, codes = await feed_control(session, found["control"], 200, seed=3)
        assert said.fault is None, said.fault
        assert set(codes) == {4400}, "what is not understood, and nothing else, ends a connection"
        assert (await session.state()).epoch == 1
        assert session.process.returncode is None


@MANY
@given(st.text())
def test_any_text_as_an_offer(text: str) -> None:
    with pytest.raises(GenbaError):
        read_offer(text, "publish")


@MANY
@given(st.binary(max_size=400))
def test_any_bytes_as_a_picture(data: bytes) -> None:
    for codec in ("h264", "vp8"):
        try:
            check_header(codec, data)
        except PictureRefusedError:
            continue


@MANY
@given(st.binary(max_size=30))
def test_bits_end_with_an_error_and_never_go_on(data: bytes) -> None:
    reader = BitReader(data)

    def read_all() -> None:
        for _ in range(8 * len(data) + 1):
            reader.ue()

    with pytest.raises((ValueError, IndexError)):
        read_all()


@MANY
@given(st.text(max_size=300))
def test_any_text_as_a_ticket(text: str) -> None:
    with pytest.raises(GenbaError):
        session_of(text)

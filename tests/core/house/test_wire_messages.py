"""Orders, commands, states and events: they survive the wire, and strangers do not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from genba.api import EndReason
from genba.wire.command import COMMAND, Publish, Reply, SetLayout
from genba.wire.event import EVENT, CameraLeft, StateChanged
from genba.wire.media import MediaFile
from genba.wire.order import Order, RtcOrder
from genba.wire.state import CameraState, Figures, Layout, Recording, SessionState, Slot

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def order() -> Order:
    return Order(
        session="s1",
        group="g1",
        name="支援",
        started_at=NOW,
        base_url="http://127.0.0.1",
        ticket_key=bytes(range(32)),
        data=Path("data"),
        plugin_settings={"acme.key": "hunter2", "acmeother.x": 1},
    )


def state() -> SessionState:
    return SessionState(
        session="s1",
        epoch=1,
        name="支援",
        group="g1",
        started_at=NOW,
        width=1280,
        height=720,
        layout=Layout(),
        slots=[Slot(n=1, state=CameraState.LIVE, camera="c1", name="屋上", last_picture=NOW)],
        recording=Recording(),
        publications=[],
        figures=Figures(fps=30),
    )


def test_an_order_survives_with_its_key() -> None:
    assert Order.model_validate_json(order().model_dump_json()) == order()


def test_an_order_shows_no_secret() -> None:
    shown = repr(order())
    assert "ticket_key" not in shown
    assert "hunter2" not in shown


def test_an_order_gives_a_plugin_its_own_settings_alone() -> None:
    assert order().settings_of("acme") == {"key": "hunter2"}
    assert order().settings_of("none") == {}


def test_media_stays_on_this_computer_unless_ordered() -> None:
    assert RtcOrder().addresses == ("127.0.0.1",)
    assert RtcOrder().ice_servers == ()


@pytest.mark.parametrize("slots", [0, 5])
def test_an_order_has_one_to_four_slots(slots: int) -> None:
    with pytest.raises(ValidationError):
        Order.model_validate({**order().model_dump(), "slots": slots})


def test_commands_are_told_apart_by_do() -> None:
    assert COMMAND.validate_json('{"do": "layout", "kind": "focus", "focus": 2}') == SetLayout(
        kind="focus", focus=2
    )
    assert COMMAND.validate_python({"do": "publish", "text": "x"}) == Publish(text="x")


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"do": "dance"},
        {"do": "layout"},
        {"do": "layout", "kind": "grid", "focus": 5},
        {"do": "still", "slot": -1},
        {"do": "rename", "slot": 1, "name": ""},
        {"do": "rename", "slot": 1, "name": "x" * 41},
        {"do": "end", "more": 1},
        {"do": "publish", "text": "x" * 4097},
    ],
)
def test_a_command_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        COMMAND.validate_python(wrong)


def test_events_are_told_apart_by_event() -> None:
    left = CameraLeft(camera="c1", slot=1, name="屋上", reason=EndReason.LOST)
    for event in (left, StateChanged(state=state())):
        assert EVENT.validate_json(event.model_dump_json()) == event


def test_replies_and_sidecars_survive() -> None:
    reply = Reply(ok=True, data={"id": "r1"})
    meta = MediaFile(
        id="r1",
        kind="recording",
        session="s1",
        session_name="支援",
        group="g1",
        state="ready",
        started_at=NOW,
    )
    assert Reply.model_validate_json(reply.model_dump_json()) == reply
    assert MediaFile.model_validate_json(meta.model_dump_json()) == meta

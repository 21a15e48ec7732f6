"""What a log line is: JSON with what it is about, and nothing secret."""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import sys
from typing import TYPE_CHECKING

import pytest
from structlog.contextvars import bound_contextvars

from genba import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("genba.test")
TICKET = "eyJhbGciOiJIUzI1NiJ9.eyJrIjoiYyIsInMiOiJhYmMifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_when_who_and_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.running("session", level="info", form="json") as facts:
        log.info("warm")
        facts.know(session="s-1", epoch=2)
        with bound_contextvars(request="r-1"):
            log.warning("映像 %d", 3, extra={"camera": "c-1"})
        log.debug("too fine")
    warm, line = _lines(capsys)
    assert "session" not in warm
    assert str(line.pop("time")).endswith("+09:00")
    assert line == {
        "level": "warning",
        "message": "映像 3",
        "program": "session",
        "logger": "genba.test",
        "session": "s-1",
        "epoch": 2,
        "request": "r-1",
        "camera": "c-1",
    }


def test_an_exception_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.running("web", level="info", form="json"):
        try:
            int("broken")
        except ValueError:
            log.exception("it failed")
    (line,) = _lines(capsys)
    assert "ValueError: invalid literal" in str(line["exception"])


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.running("web", level="info", form="text") as facts:
        facts.know(session="s-1")
        log.info("opened", extra={"status": 200})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" web INFO opened session=s-1")


def test_a_ticket_never_gets_into_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with logs.running("web", level="info", form="json"):
        log.info("GET /v/%s", TICKET)
        log.info("odd", extra={"link": TICKET})
    said = capsys.readouterr().err
    assert "eyJ" not in said
    assert said.count("[ticket]") == 2


def test_a_task_has_its_own_context(capsys: pytest.CaptureFixture[str]) -> None:
    async def work(name: str) -> None:
        with bound_contextvars(request=name):
            await asyncio.sleep(0)
            log.info(name)

    async def both() -> None:
        await asyncio.gather(work("a"), work("b"))
        log.info("after")

    with logs.running("web", level="info", form="json"):
        asyncio.run(both())
    found = [(line["message"], line.get("request")) for line in _lines(capsys)]
    assert found == [("a", "a"), ("b", "b"), ("after", None)]


def test_a_reader_that_stands_still_costs_lines_and_no_time() -> None:
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    lines = logs._Lines(waiting, most=2)
    for number in range(5):
        lines.enqueue(logging.makeLogRecord({"msg": str(number)}))
    assert lines.dropped == 3
    waiting.get()
    waiting.get()
    lines.enqueue(logging.makeLogRecord({"msg": "room"}))
    assert lines.dropped == 0
    assert waiting.get().getMessage() == "room"


def test_levels_and_forms_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(logs.LEVEL, "warning")
    monkeypatch.setenv(logs.FORM, "auto")
    assert not sys.stderr.isatty()
    with logs.running("web"):
        log.info("no")
        log.warning("yes")
    assert [line["message"] for line in _lines(capsys)] == ["yes"]

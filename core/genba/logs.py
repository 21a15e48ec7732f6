"""Log lines on the standard error: JSON for machines, text for a terminal."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import queue
import re
import sys
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from genba.clock import JST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from structlog.typing import EventDict, WrappedLogger

LEVEL = "GENBA_SERVER_LOG_LEVEL"  # handed on by the environment, before any settings are read
FORM = "GENBA_SERVER_LOG_FORMAT"
WAITING = 10_000  # lines that may wait for a slow reader; later ones are dropped and counted
_TICKET = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")  # a JWT: nobody may find one in a log
_ABOUT = ("session", "epoch", "request", "camera", "viewer", "recording")


class Facts:
    """What every line of this process says beside its own; set once they are known. Any thread."""

    def __init__(self, program: str) -> None:
        """Name the program."""
        self._facts: dict[str, object] = {"program": program}

    def know(self, **facts: object) -> None:
        """Say these with every line from now on."""
        self._facts = {**self._facts, **facts}

    def __call__(self, _logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
        """Add them to a line, whose own words count more."""
        return {**self._facts, **line}


class _Lines(logging.handlers.QueueHandler):
    """Formats in the caller's thread, whose context it is, and writes in another.

    A reader that stands still must not make the event loop stand still.
    """

    def __init__(self, waiting: queue.SimpleQueue[Any], most: int = WAITING) -> None:
        super().__init__(waiting)
        self.dropped = 0
        self._waiting = waiting
        self._most = most

    def enqueue(self, record: logging.LogRecord) -> None:
        if self._waiting.qsize() >= self._most:
            self.dropped += 1
            return
        self._waiting.put_nowait(record)
        if self.dropped:
            dropped, self.dropped = self.dropped, 0
            logging.getLogger(__name__).warning("%d lines could not be written", dropped)


@contextmanager
def running(program: str, level: str = "", form: str = "") -> Iterator[Facts]:
    """Write log lines until left; yield what every line says.

    ``level`` and ``form`` (``json``, ``text``, or ``auto``: text on a terminal) are the settings
    ``server.log_level`` and ``server.log_format``; empty ones are those of the environment.
    """
    form = form or os.environ.get(FORM, "auto")
    facts = Facts(program)
    stream = logging.StreamHandler(sys.stderr)
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    lines = _Lines(waiting)
    text = sys.stderr.isatty() if form == "auto" else form == "text"
    lines.setFormatter(formatter(facts, text=text))
    writer = logging.handlers.QueueListener(waiting, stream)
    root = logging.getLogger()
    root.setLevel(level.upper() or log_level())
    root.addHandler(lines)
    writer.start()
    try:
        yield facts
    finally:
        root.removeHandler(lines)
        writer.stop()


def log_level() -> str:
    """Return the level that the setting ``server.log_level`` has for this process's family."""
    return os.environ.get(LEVEL, "info").upper()


def formatter(facts: Facts, *, text: bool) -> logging.Formatter:
    """Return what makes a line of a record, whoever wrote it."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.ExtraAdder(),
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _time,
            facts,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _text if text else _json,
            _guard,
        ],
    )


def _time(_logger: WrappedLogger, _name: str, line: EventDict) -> EventDict:
    record: logging.LogRecord = line["_record"]
    line["time"] = datetime.fromtimestamp(record.created, JST).isoformat(timespec="milliseconds")
    return line


def _json(_logger: WrappedLogger, _name: str, line: EventDict) -> str:
    first = {"time": line.pop("time"), "level": line.pop("level"), "message": line.pop("event")}
    return json.dumps({**first, **line}, ensure_ascii=False, default=repr)


def _text(_logger: WrappedLogger, _name: str, line: EventDict) -> str:
    about = "".join(f" {name}={line[name]}" for name in _ABOUT if line.get(name))
    fault = f"\n{line['exception']}" if "exception" in line else ""
    time, level = line["time"], line["level"].upper()
    return f"{time} {line['program']} {level} {line['event']}{about}{fault}"


def _guard(_logger: WrappedLogger, _name: str, line: Any) -> str:
    return _TICKET.sub("[ticket]", line)

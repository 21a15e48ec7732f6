"""What phones have reported of their tests: causes and cures. Blocking: call in a thread."""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from genba.clock import jst
from genba.doctor.row import Row
from genba.doctor.texts import TEXTS
from genba.wire.report import TURNS, Report

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from genba.api import Finding
    from genba.doctor.say import Say
    from genba.settings import Settings
    from genba.wire.report import Step

RECENT = timedelta(days=7)
MOST = 6  # rows of different troubles
# What says nothing of server or network: the phone's own page has told its person.
_OWN = ("camera", "microphone")
_BLOCKED = "udp.blocked"  # has a cause for each of three places


def reports(settings: Settings) -> list[Report]:
    """Return what is readable in the data folder, the newest first."""
    found = []
    for path in (settings.data.dir / "tests").glob("*.json"):
        try:
            found.append(Report.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue  # removed meanwhile, or of another release
    return sorted(found, key=lambda one: one.at, reverse=True)


def recent(
    say: Say, settings: Settings, addresses: Sequence[str], now: datetime
) -> list[tuple[str, Finding]]:
    """Say what the tests of the last seven days came to: a finding for each kind of trouble.

    ``addresses`` are those that answers name. What no phone at all gets through is bad.
    """
    some = [one for one in reports(settings) if now - one.at <= RECENT]
    if not some:
        url = settings.server.public_url.rstrip("/") or say.text("test.server")
        return [("tests", say.good("tests.none", url=f"{url}/test"))]
    troubles: dict[str, list[Report]] = defaultdict(list)
    for one in some:
        for key in _troubles(one):
            troubles[key].append(one)
    through = sum(one.verdict != "bad" for one in some)
    facts = {"all": len(some), "good": through, **_named(some[0])}
    if not troubles:
        return [("tests", say.good("tests.good", **facts))]
    found = [("tests", say.good("tests.some", **facts))]
    if not through:
        found = [("tests", say.bad("tests.nobody", **facts))]
    for key, had in list(troubles.items())[:MOST]:
        words = {"count": len(had), "all": len(some), **_named(had[0]), **_facts(say, settings)}
        cause = _cause(key, had, some, settings, addresses)
        what = say.text(cause, **words)
        cure = say.text(f"{cause}.cure", **words)
        counted = say.text("tests.counted", what=what, **words)
        found.append((f"tests.{key}", say.made("warn", counted, cure)))
    return found


def one(say: Say, settings: Settings, code: str, addresses: Sequence[str]) -> Iterator[Row]:
    """Yield a row for each step of one report; one bad row where there is no such report."""
    every = reports(settings)
    plain = code.upper().replace("-", "")
    found = next((report for report in every if report.code == plain), None)
    if found is None:
        yield Row("report", say.text("name.report"), say.bad("report.unknown", code=code))
        return
    browser = found.findings.browser
    who = " ".join(word for word in (browser.name, browser.version, browser.system) if word)
    summary = say.text("report.found", who=who or "?", **_named(found))
    yield Row("report", say.text("name.report"), say.made("good", summary, ""))
    for step in found.findings.steps:
        name = say.text("test.server_step" if step.name == "server" else f"test.{step.name}")
        finding = _finding(say, found, step, every, (settings, tuple(addresses)))
        yield Row(f"report.{step.name}", name, finding)
    yield from _measured(say, found)


def _measured(say: Say, found: Report) -> Iterator[Row]:
    figures, way = found.findings.figures, found.findings.way
    if figures.kbps is None:
        return
    text = say.text(
        "report.figures",
        first=figures.first_picture_ms if figures.first_picture_ms is not None else "-",
        kbps=figures.kbps,
        loss=f"{(figures.loss or 0) * 100:.1f}",
        rtt=figures.rtt_ms if figures.rtt_ms is not None else "-",
        way=f"TURN/{way.relay}" if way.relay else f"UDP, IPv{way.family or '?'}",
        network=way.network or "?",
    )
    yield Row("report.figures", say.text("name.figures"), say.made("good", text, ""))


def _finding(
    say: Say,
    report: Report,
    step: Step,
    every: Sequence[Report],
    where: tuple[Settings, tuple[str, ...]],
) -> Finding:
    settings, addresses = where
    took = say.text("report.took", ms=step.ms) if step.ms is not None else ""
    if step.state == "ok":
        return say.made("good", took or say.text("report.ok"), "")
    if step.state == "untested":
        return say.made("good", say.text("report.untested"), "")
    key = f"{_family(step.name)}.{step.why}"
    if not _is_known(key):  # what the phone's own page explains to its person
        return say.made("warn", say.text("report.unsaid", why=step.why or "?"), "")
    cause = _cause(key, [report], every, settings, addresses)
    facts = _facts(say, settings)
    grade = "bad" if step.state == "failed" else "warn"
    return say.made(grade, say.text(cause, **facts), say.text(f"{cause}.cure", **facts))


def _troubles(report: Report) -> list[str]:
    return [
        key
        for step in report.findings.steps
        if step.state in ("failed", "slow")
        and step.name not in _OWN
        and _is_known(key := f"{_family(step.name)}.{step.why}")
    ]


def _cause(
    key: str,
    had: Sequence[Report],
    every: Sequence[Report],
    settings: Settings,
    addresses: Sequence[str],
) -> str:
    """Return the text key of a trouble; who else got through tells whose network it is."""
    if key != _BLOCKED:
        return f"test.{key}"
    direct = (report.step("udp") for report in every)
    if any(step is not None and step.state in ("ok", "slow") for step in direct):
        return "test.udp.blocked.there"
    outside = not all(report.inside for report in had)
    private = all(not ipaddress.ip_address(one).is_global for one in addresses)
    if outside and private and not settings.rtc.public_address:
        return "test.udp.blocked.nat"
    return "test.udp.blocked.here"


def _is_known(key: str) -> bool:
    return key == _BLOCKED or f"test.{key}" in TEXTS


def _family(name: str) -> str:
    return "turn" if name in TURNS else name


def _named(report: Report) -> dict[str, str]:
    code = f"{report.code[:3]}-{report.code[3:]}"
    return {"code": code, "at": f"{jst(report.at):%Y-%m-%d %H:%M} JST"}


def _facts(say: Say, settings: Settings) -> dict[str, str]:
    return {"ports": settings.rtc.udp_ports or say.text("test.any_port")}

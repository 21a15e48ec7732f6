"""The names beneath us that nobody promised."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

from genba import kin
from genba.placement.workers import Workers
from genba.session import private
from genba.session.private import check_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STOP = "aiortc.rtcdtlstransport:RTCDtlsTransport.stop"
GONE = {
    "aiortc.rtcdtlstransport:RTCDtlsTransport._recv_next",
    "aiortc.rtp:unpack_remb_fci",
    "aioice.stun:COOKIE",
    "OpenSSL.SSL:OP_NO_RENEGOTIATION",
}


def test_the_installed_packages_fit() -> None:
    assert check_private() == []


def test_another_signature_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(private._SIGNATURES, STOP, "self gently")
    assert check_private() == ["RTCDtlsTransport.stop takes (self), not (self gently)"]


def test_another_body_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(private._LINES, STOP, ("self._ssl.wave()",))
    assert check_private() == ["RTCDtlsTransport.stop holds no 'self._ssl.wave()' any more"]


@pytest.mark.parametrize("path", sorted({*private._SIGNATURES, *private._NAMES, *private._LINES}))
def test_each_name_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    resolve = private._resolve
    monkeypatch.setattr(private, "_resolve", lambda one: None if one == path else resolve(one))
    assert check_private() == ["{} has no {} any more".format(*path.split(":"))]


BROKEN = """
import importlib, sys
owner = importlib.import_module({module!r})
*way, last = {names!r}.split(".")
for name in way:
    owner = getattr(owner, name)
delattr(owner, last)
from genba.session.__main__ import main
sys.exit(main())
"""


async def start_without(path: str, arguments: Sequence[str]) -> asyncio.subprocess.Process:
    """Start a session process in whose packages one name is gone."""
    module, _, names = path.partition(":")
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", BROKEN.format(module=module, names=names)),
        *("--parent", str(os.getpid()), *arguments),
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("path", sorted(GONE))
async def test_a_session_process_refuses_to_start_and_says_why(tmp_path: Path, path: str) -> None:
    process = await start_without(path, ["--socket", str(tmp_path / "s")])
    async with asyncio.timeout(60):
        _, said = await process.communicate()
    assert process.returncode == kin.UNFIT
    assert "this process takes no calls: {} has no {} any more".format(*path.split(":")) in (
        said.decode()
    )
    assert "Traceback" not in said.decode()
    assert not (tmp_path / "s").exists()


async def test_the_supervisor_says_that_they_refuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def start(_module: str, arguments: Sequence[str]) -> asyncio.subprocess.Process:
        return await start_without("aioice.stun:COOKIE", arguments)

    monkeypatch.setattr(kin, "start", start)
    caplog.set_level(logging.CRITICAL, "genba.placement.workers")
    async with Workers(tmp_path, lambda *_: None), asyncio.timeout(60):
        while not caplog.messages:  # noqa: ASYNC110  a log record sets no event
            await asyncio.sleep(0.05)
    assert "refuse to start" in caplog.messages[0]
    assert "genba doctor" in caplog.messages[0]

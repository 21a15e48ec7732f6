"""The command `genba demo`: a server, four cameras, and where to look."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any

import segno

from genba import __version__, certificate
from genba.clock import SystemClock
from genba.demo.process import CameraProcess
from genba.demo.stage import StageError, stage
from genba.doctor.say import language_of
from genba.server.identity import keys

if TYPE_CHECKING:
    import argparse
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from genba.certificate import Certificate
    from genba.plugins import Plugins
    from genba.settings import Settings

    SettingsOf = Callable[..., tuple[Settings, Plugins]]
    Ready = Callable[[dict[str, Any]], None]
    Supervise = Callable[[Settings, Ready], Awaitable[None]]

_WORDS = {
    "wait": ("Connecting four cameras…", "カメラを4台つないでいます…"),
    "open": ("Open", "開く"),
    "once": ("(signs in, once)", "(サインイン用。1回だけ使えます)"),
    "guest": ("Guest", "ゲスト"),
    "own": ("Add your own camera", "自分のカメラを足す"),
    "phone": ("Phone as a camera", "スマホをカメラに"),
    "room": ("shows it in", "映る支援"),
    "print": ("Fingerprint", "証明書の指紋"),
    "warn": (
        "The phone warns of a certificate that is not known: compare the fingerprint, then go on.",
        "スマホに「証明書が不明」という警告が出ます。指紋を見比べてから進んでください。",
    ),
    "stop": ("Stop", "終了"),
    "failed": ("The demo does not start: {error}", "デモを始められません: {error}"),
}


def demo(arguments: argparse.Namespace, settings_of: SettingsOf, supervise: Supervise) -> int:
    """Run a server with four moving cameras until SIGTERM or SIGINT; 1 where it cannot.

    ``settings_of`` reads the settings as the other commands do, ``supervise`` runs the server.
    With ``--json`` one line tells a program how to enter, else a few lines tell a person. Raises
    SettingsError and what ``supervise`` raises.
    """
    settings, _ = settings_of(arguments)
    more = ["server.log_level=warning"]  # what to open must not drown
    if not arguments.lan:
        more.append("rtc.addresses=127.0.0.1")
    made = None
    if arguments.lan:
        made = certificate.own(settings.data.dir.absolute(), SystemClock().now())
        more += [
            "server.host=0.0.0.0",
            f"server.certificate={made.chain}",
            f"server.certificate_key={made.key}",
        ]
    if arguments.port is None and not _is_free(settings.server.host, settings.server.port):
        more.append("server.port=0")  # whoever just tries it need not know about ports
    settings, _ = settings_of(arguments, *more)
    teller = Teller(as_json=arguments.json, made=made)
    try:
        asyncio.run(_run(settings, supervise, teller, made.chain if made else None))
    except (StageError, TimeoutError) as error:
        sys.stderr.write(f"{teller.word('failed').format(error=error)}\n")
        return 1
    return 0


class Teller:
    """Says where to look, to a person in their language or to a program."""

    def __init__(self, *, as_json: bool, made: Certificate | None) -> None:
        """Speak as the terminal's language settings want; ``made`` is the self-made certificate."""
        self._json, self._made = as_json, made
        self._japanese = language_of(os.environ) == "ja"

    def word(self, key: str) -> str:
        """Return a text."""
        return _WORDS[key][self._japanese]

    def waiting(self) -> None:
        """Tell a person that it takes a moment."""
        if not self._json:
            _write(f"Genba {__version__}: {self.word('wait')}")

    def ready(self, facts: dict[str, str]) -> None:
        """Tell how to enter."""
        if self._json:
            _write(json.dumps(facts))
            return
        _write(
            "",
            f"  {self.word('open')}: {facts['url']}  {self.word('once')}",
            f"  {self.word('guest')}: {facts['view']}",
        )
        if self._made is None:
            _write(f"  {self.word('own')}: {_page_of_empty(facts)}")
        else:
            self._phone(facts, self._made)
        _write("", f"  {self.word('stop')}: Ctrl+C")

    def _phone(self, facts: dict[str, str], made: Certificate) -> None:
        _write(
            "",
            f"  {self.word('phone')}: {facts['join']}",
            f"  ({self.word('room')}: {_page_of_empty(facts)})",
        )
        segno.make(facts["join"], micro=False).terminal(out=sys.stdout, compact=True)
        _write(f"  {self.word('warn')}", f"  {self.word('print')}: {made.fingerprint}")


def _page_of_empty(facts: dict[str, str]) -> str:
    """Return the console of the session that has room."""
    return f"{facts['join'].partition('/j/')[0]}/s/{facts['empty']}"


def _write(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def _run(
    settings: Settings, supervise: Supervise, teller: Teller, trust: Path | None
) -> None:
    loop = asyncio.get_running_loop()
    up: asyncio.Future[dict[str, Any]] = loop.create_future()

    def ready(facts: dict[str, Any]) -> None:
        if not up.done():  # the web process may be started again
            up.set_result(facts)

    async def play() -> None:
        async with CameraProcess() as cameras:
            facts = await up
            token = await asyncio.to_thread(keys.api_token, settings.data.dir)
            teller.ready(
                await stage(
                    facts["api"],
                    token,
                    facts["url"],
                    cameras,
                    language=settings.server.language,
                    trust=trust,
                )
            )
            await asyncio.Event().wait()

    teller.waiting()
    playing = asyncio.create_task(play(), name="demo:play")
    serving = asyncio.ensure_future(supervise(settings, ready))
    try:
        await asyncio.wait((playing, serving), return_when=asyncio.FIRST_COMPLETED)
    finally:
        playing.cancel()
        serving.cancel()
        ended = await asyncio.gather(playing, serving, return_exceptions=True)
    for end in ended:
        if isinstance(end, Exception):
            raise end


def _is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port)):
            return True
    except OSError:
        return False

"""Foreign cameras and viewers that are web pages, of another origin than the server's."""

from __future__ import annotations

import os
import signal
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.kit.pagebrowser import chromium, look

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from tests.kit.pagebrowser import Look

PAGES = Path(__file__).parent / "pages"
VENDOR = Path(__file__).parents[1] / "vendor"


class PageCamera:
    """A page and the one Chromium in which it stands."""

    def __init__(self, seen: Look, module: str, pid: int) -> None:
        """``module`` is the script that was loaded."""
        self.seen, self.module, self._pid = seen, module, pid
        self._said: list[dict[str, Any]] = []
        self._options: dict[str, Any] = {}

    async def do(self, what: str, **options: Any) -> Any:
        """Call a function of the script; it fails where that throws. Then read what it said."""
        self._options |= options
        words = "async ([m, f, o]) => { const r = await (await import(m))[f](o); return r ?? null }"
        result = await self.seen.page.evaluate(words, [self.module, what, self._options])
        await self.listen()
        return result

    async def listen(self) -> None:
        """Read which requests it has made by now."""
        self._said = await self.seen.page.evaluate(
            "async (m) => (await import(m)).said", self.module
        )

    async def bye(self) -> None:
        """Say goodbye by DELETE."""
        await self.do("leave")

    def kill(self) -> None:
        """End the browser without a word; its renderers go with it."""
        os.kill(self._pid, signal.SIGKILL)

    @property
    def said(self) -> list[dict[str, Any]]:
        """What is known of its requests since it was listened to."""
        return self._said

    def statuses(self, method: str) -> list[int]:
        """Return how its requests of a method were answered."""
        return [one["status"] for one in self._said if one["method"] == method]


@asynccontextmanager
async def page(module: str) -> AsyncIterator[PageCamera]:
    """Open an empty page at which ``camera.js`` or ``whipwhep.js`` can be called."""

    async def empty(_: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>camera</title>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", empty)
    app.router.add_static("/vendor", VENDOR)
    app.router.add_static("/", PAGES)
    async with (
        TestServer(app, host="127.0.0.1") as site,
        chromium() as browser,
        look(browser) as seen,
    ):
        session = await browser.new_browser_cdp_session()
        found = await session.send("SystemInfo.getProcessInfo")
        pid = next(one["id"] for one in found["processInfo"] if one["type"] == "browser")
        await seen.page.goto(str(site.make_url("/")))
        yield PageCamera(seen, f"/{module}", pid)


def page_camera(
    module: str, codec: str, *, width: int = 640, height: int = 360, drawn: bool = False
) -> Callable[[str, str], AbstractAsyncContextManager[PageCamera]]:
    """Return what starts such a page as a camera; ``drawn`` sends a canvas that can be turned."""

    @asynccontextmanager
    async def start(url: str, token: str) -> AsyncIterator[PageCamera]:
        async with page(module) as camera:
            await camera.do(
                "start",
                url=url,
                token=token,
                codec=codec,
                width=width,
                height=height,
                drawn=drawn,
            )
            yield camera

    return start

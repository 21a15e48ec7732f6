"""The Chromium that measures, and why there may be none."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genba.bench.bench import MissingError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, BrowserContext, Page, Route

PAGES = Path(__file__).with_name("pages")
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    # A camera of 1280x720 at 30 pictures a second that nobody has to allow.
    "--use-fake-device-for-media-stream=fps=30",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--no-sandbox",  # it meets our own pages only, and a container's root may not have one
)
_SERVED = {
    "glass.html": "text/html",
    "glass.js": "text/javascript",
    "barcode.js": "text/javascript",
}


def program() -> str:
    """Return Chromium's path; raises MissingError, also without Playwright. Blocking."""
    try:
        import playwright.async_api  # noqa: F401  (optional at run time; read from disk here)
    except ImportError:
        raise MissingError("Playwright for Python is not installed.") from None
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise MissingError("Chromium is not installed.")


@asynccontextmanager
async def chromium(film: Path | None = None) -> AsyncIterator[Browser]:
    """Start a browser, which Playwright puts in a process group of its own; leaving ends it.

    Its camera shows ``film`` (YUV4MPEG2), else a clock face. Raises MissingError.
    """
    path = await asyncio.to_thread(program)
    from playwright.async_api import Error, async_playwright

    async with async_playwright() as tool:
        try:
            browser = await tool.chromium.launch(
                executable_path=path,
                args=[*ARGUMENTS, *([f"--use-file-for-fake-video-capture={film}"] if film else [])],
            )
        except Error as error:
            raise MissingError(f"Chromium does not start: {str(error)[:200]}") from error
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(frozen=True, slots=True)
class Stage:
    """A browser's context in which a server seems to serve our measuring pages too."""

    context: BrowserContext
    base: str

    async def page(self) -> Page:
        """Open the measuring page and wait for its scripts."""
        page = await self.context.new_page()
        await page.goto(f"{self.base}/bench/glass.html")
        await page.wait_for_function("() => globalThis.bench")
        return page


@asynccontextmanager
async def stage(browser: Browser, base: str) -> AsyncIterator[Stage]:
    """Open a context in which ``base`` seems to serve our measuring pages below ``/bench/``.

    So they load the scripts that phones and consoles load, from where these load them.
    """
    made = await browser.new_context(
        viewport={"width": 1280, "height": 720},
        permissions=["camera", "microphone"],
        locale="ja-JP",
    )
    try:
        await made.route(f"{base}/bench/*", _serve)
        yield Stage(made, base)
    finally:
        await made.close()


async def _serve(route: Route) -> None:
    name = Path(route.request.url).name
    kind = _SERVED.get(name)
    if kind is None:
        await route.fulfill(status=404)
        return
    body = await asyncio.to_thread((PAGES / name).read_text, "utf-8")
    await route.fulfill(body=body, content_type=kind)

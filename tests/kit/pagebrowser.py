"""A Chromium that looks at pages and remembers what went wrong there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.async_api import async_playwright

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, ConsoleMessage, Page

ARGUMENTS = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--no-sandbox",
)

# What lies outside the window, or shows only a part of its text, on a page that is looked at.
# A bar or list that scrolls may hold what is outside; an ellipsis says itself that it cuts.
OVERFLOW = """() => {
  const found = [];
  const scrolls = (element) => {
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement)
      if (['auto', 'scroll'].includes(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  for (const element of document.querySelectorAll('body *')) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || style.visibility === 'hidden') continue;
    if (element.closest('svg, video, .off-screen, .skip')) continue;
    const name = `${element.tagName}#${element.id}.${element.className}`;
    if ((box.right > innerWidth + 1 || box.left < -1) && !scrolls(element))
      found.push(`outside: ${name}`);
    const text = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    const word = ['BUTTON', 'A'].includes(element.tagName) || text;
    if (word && style.textOverflow !== 'ellipsis' && style.overflow !== 'visible'
        && (element.scrollWidth > element.clientWidth + 1
          || element.scrollHeight > element.clientHeight + 1)
        && !['auto', 'scroll'].includes(style.overflowY)) found.push(`clipped: ${name}`);
    if (text && box.width < 20 && box.height > 3 * box.width) found.push(`upright: ${name}`);
  }
  return found;
}"""

# Controls smaller than a finger; a link inside a sentence or a heading is not one.
SMALL = """() => [...document.querySelectorAll('button, .button, select, input, nav a')]
  .filter((e) => {
    const box = (e.closest('label') ?? e).getBoundingClientRect();
    return box.width && getComputedStyle(e).visibility !== 'hidden'
      && (box.width < 43.5 || box.height < 43.5);
  }).map((e) => `${e.tagName}#${e.id}.${e.className}`)"""


@dataclass
class Look:
    """One page of its own context; ``faults`` are console errors, CSP's among them."""

    page: Page
    faults: list[str] = field(default_factory=list)

    async def until(self, expression: str, seconds: float = 10) -> None:
        """Wait until a JavaScript expression is true, without eval (the CSP forbids it)."""
        await self.page.wait_for_function(f"() => {expression}", timeout=seconds * 1000)

    async def text(self, selector: str) -> str:
        """Return what is to be read there."""
        return (await self.page.inner_text(selector)).strip()

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error."""
        if message.type == "error":
            self.faults.append(f"{message.text} {message.location.get('url', '')}")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start one browser with a made-up camera."""
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(ARGUMENTS)
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def look(
    browser: Browser,
    *,
    width: int = 1366,
    height: int = 768,
    allowed: bool = True,
    **more: Any,
) -> AsyncIterator[Look]:
    """Open an empty page; ``allowed`` grants camera, microphone and clipboard."""
    granted = ["camera", "microphone", "clipboard-read", "clipboard-write", "screen-wake-lock"]
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        permissions=granted if allowed else [],
        reduced_motion="reduce",
        **more,
    )
    try:
        page = await context.new_page()
        found = Look(page)
        page.on("console", found.hear)
        page.on("pageerror", lambda error: found.faults.append(str(error)))
        yield found
    finally:
        await context.close()

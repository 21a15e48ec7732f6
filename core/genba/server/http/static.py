"""Static files, ours and the plugins', from a list made at start: no path comes from outside."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from genba.errors import GenbaError
from genba.server.http.route import Route
from genba.server.identity.permissions import Action

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * 3600
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".mp3": "audio/mpeg",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


class StaticFolder:
    """One folder. ``load`` lists it; files that come later are not served, nor unknown types."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it may be missing."""
        self._folder = folder
        self._files: dict[str, Path] = {}

    async def load(self) -> None:
        """List the files."""
        self._files = await asyncio.to_thread(self._list)

    async def get(self, request: web.Request) -> web.StreamResponse:
        """Serve a file with its ETag; what we wrote ourselves is asked for again each time."""
        return self.response(request.match_info["path"])

    def response(self, path: str) -> web.FileResponse:
        """Return a file of the list; raises ``not_found``."""
        file = self._files.get(path)
        if file is None:
            raise GenbaError("not_found")
        cache = f"public, max-age={DAY}" if path.startswith("vendor/") else "no-cache"
        kind = _TYPES[file.suffix.lower()]
        return web.FileResponse(file, headers={"Content-Type": kind, "Cache-Control": cache})

    def route(self, prefix: str) -> Route:
        """Return the route that serves it."""
        return Route("GET", f"{prefix}/{{path:.+}}", Action.STATIC, self.get)

    def _list(self) -> dict[str, Path]:
        return {
            path.relative_to(self._folder).as_posix(): path
            for path in self._folder.rglob("*")
            if path.is_file() and not path.is_symlink() and path.suffix.lower() in _TYPES
        }

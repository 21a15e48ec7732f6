"""Whether a request comes from one of our own pages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from genba.errors import GenbaError

if TYPE_CHECKING:
    from aiohttp import web

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Origins:
    """``base_url`` is where people find us; an address that the browser used counts as well.

    A page of a stranger cannot use the second rule: its Host is its own, and there our cookies
    are not sent.
    """

    base_url: str

    @property
    def https(self) -> bool:
        """Whether people reach us by HTTPS."""
        return self.base_url.startswith("https:")

    def host(self, request: web.Request) -> str:
        """Return the host that the client named, or ours where it named nonsense."""
        return request.host if _HOST.fullmatch(request.host) else urlsplit(self.base_url).netloc

    def is_own(self, request: web.Request, origin: str) -> bool:
        """Say whether ``origin`` is ours, as seen by this request."""
        found = urlsplit(origin)
        ours = urlsplit(self.base_url)
        if (found.scheme, found.netloc) == (ours.scheme, ours.netloc):
            return True
        return (found.scheme, found.netloc) == (request.scheme, self.host(request))

    def refuse_foreign(self, request: web.Request, *, ambient: bool) -> None:
        """Raise ``forbidden.origin`` for a request that another site's page may have made.

        ``ambient``: the browser added the sign-in by itself, so the request has to prove where
        it comes from; without a cookie it is only refused when it says that it is foreign.
        """
        origin = request.headers.get("Origin")
        if origin is not None:
            if not self.is_own(request, origin):
                raise GenbaError("forbidden.origin")
            return
        site = request.headers.get("Sec-Fetch-Site")
        if site not in ((None, "same-origin", "none") if not ambient else ("same-origin", "none")):
            raise GenbaError("forbidden.origin")

    def seen_from(self, request: web.Request) -> str:
        """Return the base address that fits who asks: the page's own origin, else ours."""
        origin = request.headers.get("Origin")
        if origin is not None and self.is_own(request, origin):
            return origin
        return self.base_url

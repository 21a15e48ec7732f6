"""Links to Zoom meetings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from genba.api import pasted_links

if TYPE_CHECKING:
    from urllib.parse import SplitResult

DOMAINS = ("zoom.us", "zoomgov.com")
# `/j/<number>` meetings, `/w/<number>` webinars, `/my/<name>` personal meetings. Not `/s/`: a
# start link carries its host's own key.
_PATH = re.compile(r"(/[jw]/[0-9]{9,12}|/my/[A-Za-z0-9][A-Za-z0-9._-]*)/?")
_NUMBER = re.compile(r"[0-9]{9,12}")


def find_meeting(text: str) -> str | None:
    """Return the first link to a Zoom meeting in what a person pasted, or None.

    Either an https link of Zoom's own, which opens the client where there is one and offers
    the browser elsewhere; or, where the client's own ``zoommtg:`` was pasted, that, with its
    meeting number and passcode and nothing else.
    """
    for link in pasted_links(text):
        if not _is_zoom(link.hostname or ""):
            continue
        if link.scheme == "https" and _PATH.fullmatch(link.path):
            return link._replace(fragment="").geturl()
        if link.scheme == "zoommtg" and link.path.rstrip("/") == "/join":
            own = _own_scheme(link)
            if own is not None:
                return own
    return None


def _is_zoom(host: str) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in DOMAINS)


def _own_scheme(link: SplitResult) -> str | None:
    given = parse_qs(link.query)
    number = given.get("confno", [""])[0]
    if not _NUMBER.fullmatch(number):
        return None
    query = {"action": "join", "confno": number}
    if given.get("pwd"):
        query["pwd"] = given["pwd"][0]
    return f"zoommtg://{link.hostname}/join?{urlencode(query)}"

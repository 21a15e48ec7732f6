"""Links to Teams meetings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from genba.api import pasted_links

if TYPE_CHECKING:
    from urllib.parse import SplitResult

# Work and school, the same under Microsoft's newer domain, and private accounts.
HOSTS = frozenset({"teams.microsoft.com", "teams.cloud.microsoft", "teams.live.com"})
# `/l/meetup-join/<thread>/<message>` in older invitations, `/meet/<number>` in newer ones.
_PATH = re.compile(r"(/l/meetup-join/[^/]+(/[0-9]+)?|/meet/[A-Za-z0-9]+)/?")


def find_meeting(text: str) -> str | None:
    """Return the first link to a Teams meeting in what a person pasted, or None.

    Always an https link of one of ``HOSTS``: where Teams is installed it opens the client,
    elsewhere Teams in the browser, which is why Microsoft advises it over ``msteams:``.
    """
    for link in pasted_links(text):
        if _is_meeting(link):
            return link._replace(fragment="").geturl()
    return None


def _is_meeting(link: SplitResult) -> bool:
    return (
        link.scheme == "https" and link.hostname in HOSTS and _PATH.fullmatch(link.path) is not None
    )

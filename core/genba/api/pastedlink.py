"""Links in what a person pasted: one address, or a whole invitation mail."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qs, urlsplit

LONGEST = 20_000  # characters that are looked at
# An address in printable ASCII; what mails and chats put around one is no part of it.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,15}://[!#-;=?-\[\]_a-z~%\\@^`{|}]+", re.IGNORECASE)
_AFTER = ".,;:!?)]}'*"
# A host of labels, nothing that a parser and a browser could read in two ways.
_HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
_SAFE_LINKS = ".safelinks.protection.outlook.com"


def pasted_links(text: str) -> list[SplitResult]:
    """Return the links of ``text`` in order, parsed, each with a plain lower-case host.

    Left out is what could be read in two ways: user names, other ports than the scheme's own,
    backslashes, dots at the end of a host, bytes outside ASCII. A link that Outlook wrapped
    (Safe Links) stands as the one inside. Compare ``hostname`` and ``path`` of the answer,
    never the text.
    """
    found = []
    for match in _ADDRESS.finditer(text[:LONGEST]):
        link = _plain(match[0].rstrip(_AFTER))
        if link is not None and (link.hostname or "").endswith(_SAFE_LINKS):
            inside = parse_qs(link.query).get("url", [""])
            link = _plain(inside[0])
        if link is not None:
            found.append(link)
    return found


def _plain(address: str) -> SplitResult | None:
    if "\\" in address or not address.isascii() or not address.isprintable() or " " in address:
        return None
    try:
        link = urlsplit(address)
        port = link.port
    except ValueError:
        return None
    host = link.netloc.lower()
    if port == {"https": 443, "http": 80}.get(link.scheme, 0):
        host = host.rpartition(":")[0]
    if not _HOST.fullmatch(host):
        return None
    return link._replace(netloc=host)

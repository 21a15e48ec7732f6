"""The tables, one noun a file; all times are UTC, all ids random."""

from genba.server.storage.schema import (
    audit,
    groups,
    invitations,
    links,
    media,
    publications,
    sessions,
    signins,
    terminals,
    tokens,
    users,
)
from genba.server.storage.schema.base import METADATA

__all__ = [
    "METADATA",
    "audit",
    "groups",
    "invitations",
    "links",
    "media",
    "publications",
    "sessions",
    "signins",
    "terminals",
    "tokens",
    "users",
]

"""What a personal API token may be used for."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """A token never may more than its owner; its scopes make that less."""

    READ = "read"  # sessions, recordings and stills that the owner may see
    SUPPORT = "support"  # open, lead and end sessions
    ERASE = "erase"  # erase recordings and stills
    ADMINISTER = "administer"  # people, terminals and rules of the group
    AUDIT = "audit"  # search and export the group's log

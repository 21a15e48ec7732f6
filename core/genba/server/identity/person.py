"""What the server knows of people and groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  a dataclass's field
from enum import StrEnum


class Role(StrEnum):
    """What somebody is. An operator runs the server and belongs to no group."""

    SUPPORTER = "supporter"
    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Group:
    """A tenant and its rules."""

    id: str
    name: str
    created_at: datetime
    closed_at: datetime | None
    retention_days: int
    guests_allowed: bool
    second_factor: bool
    break_glass: bool
    supporter_word: str


@dataclass(frozen=True, slots=True)
class Person:
    """``group`` is empty for an operator. No secret is in here but whether there is one."""

    id: str
    login: str
    name: str
    group: str
    roles: frozenset[Role]
    email: str
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    has_second: bool

    @property
    def active(self) -> bool:
        """Whether they may sign in."""
        return self.disabled_at is None

"""Which group and role somebody has, by what the other side says."""

from __future__ import annotations

from collections.abc import Mapping as Claims  # noqa: TC003  a dataclass's fields
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from genba.errors import GenbaError
from genba.server.identity.person import Role

if TYPE_CHECKING:
    from genba.server.identity.oidc.client import Identity


@dataclass(frozen=True, slots=True)
class Mapping:
    """``groups`` and ``roles`` map values of a claim to a group's name, and to a role.

    A claim may be a text or a list of texts; dots go down into objects. Who has no group, or
    several, is let in nowhere: nothing is guessed.
    """

    group_claim: str = "groups"
    groups: Claims[str, str] = field(default_factory=dict)
    role_claim: str = "roles"
    roles: Claims[str, Role] = field(default_factory=dict)
    default_role: Role | None = None

    def place(self, identity: Identity) -> tuple[str, frozenset[Role]]:
        """Return the group's name and the roles; raises ``oidc.no_group``."""
        found = {
            self.groups[one]
            for one in _values(identity.claims, self.group_claim)
            if one in self.groups
        }
        roles = {
            self.roles[one]
            for one in _values(identity.claims, self.role_claim)
            if one in self.roles
        } or ({self.default_role} if self.default_role else set())
        roles.discard(Role.OPERATOR)  # who runs the server is made here, not elsewhere
        if len(found) != 1 or not roles:
            raise GenbaError("oidc.no_group")
        return found.pop(), frozenset(roles)


def _values(claims: Claims[str, Any], path: str) -> list[str]:
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, str):
        return [found]
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

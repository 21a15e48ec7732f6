"""Signing in at somebody else's door: OpenID Connect, code flow with PKCE and nonce."""

from genba.server.identity.oidc.client import Client, Identity
from genba.server.identity.oidc.mapping import Mapping
from genba.server.identity.oidc.provider import Provider

__all__ = ["Client", "Identity", "Mapping", "Provider"]

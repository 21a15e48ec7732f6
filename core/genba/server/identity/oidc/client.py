"""Our side of the code flow (OpenID Connect Core 1.0, RFC 7636, RFC 9207)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import jwt

from genba.errors import GenbaError
from genba.server.identity.digest import digest
from genba.server.identity.oidc.provider import ALGORITHMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genba.clock import Clock
    from genba.server.identity.oidc.provider import Provider

PATIENCE = 600.0  # seconds that somebody may take at the other door
MOST = 1000  # who are there at the same time; the one who went first is forgotten
LEEWAY = 60  # seconds that clocks may differ


@dataclass(frozen=True, slots=True)
class Identity:
    """Who it says somebody is; ``claims`` are all that it says, for the mapping."""

    issuer: str
    subject: str
    login: str
    name: str
    email: str
    claims: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Going:
    verifier: str
    nonce: str
    browser: str  # SHA-256 of the value that this browser alone has
    back_to: str
    until: float


class Client:
    """On the event loop; whoever went and has not come back is kept in memory."""

    def __init__(
        self, provider: Provider, clock: Clock, *, id_: str, secret: str, redirect: str, scope: str
    ) -> None:
        """Be known at ``provider`` as ``id_``, with ``redirect`` as the address to come back to."""
        self.provider = provider
        self._clock = clock
        self._id = id_
        self._secret = secret
        self._redirect = redirect
        self._scope = scope
        self._going: OrderedDict[str, _Going] = OrderedDict()

    async def begin(self, browser: str, back_to: str = "/") -> str:
        """Return where to send the browser.

        ``browser`` is a random value in a cookie of its own: who comes back with another one is
        somebody else, whose sign-in this must not become (RFC 6749, 10.12).
        """
        described = await self.provider.describe()
        state, verifier, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        now = self._clock.monotonic()
        while self._going and (
            len(self._going) >= MOST or next(iter(self._going.values())).until < now
        ):
            self._going.popitem(last=False)
        self._going[state] = _Going(verifier, nonce, digest(browser), back_to, now + PATIENCE)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        query = {
            "response_type": "code",
            "client_id": self._id,
            "redirect_uri": self._redirect,
            "scope": self._scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        address = described["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    async def finish(self, browser: str, query: Mapping[str, str]) -> tuple[Identity, str]:
        """Return who came back, and to which page; each coming back counts once.

        Raises ``oidc.refused`` and ``oidc.unavailable``.
        """
        going = self._going.pop(query.get("state", ""), None)
        if going is None or going.until < self._clock.monotonic():
            raise GenbaError("oidc.refused", "This sign-in took too long, or was done already.")
        if not hmac.compare_digest(going.browser, digest(browser)):
            raise GenbaError("oidc.refused", "This sign-in was begun in another browser.")
        if query.get("iss", self.provider.issuer) != self.provider.issuer:
            raise GenbaError("oidc.refused", "The answer came from somebody else.")
        code = query.get("code", "")
        if "error" in query or not code:
            raise GenbaError("oidc.refused", "The sign-in was given up there.")
        tokens = await self.provider.redeem(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._redirect,
                "client_id": self._id,
                "client_secret": self._secret,
                "code_verifier": going.verifier,
            }
        )
        claims = await self._read(str(tokens.get("id_token", "")), going.nonce)
        return _identity(self.provider.issuer, claims), going.back_to

    async def _read(self, text: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token that is good (OpenID Connect Core, 3.1.3.7)."""
        try:
            header = jwt.get_unverified_header(text)
            key = await self.provider.key(str(header.get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=[name for name in ALGORITHMS if name == key.algorithm_name],
                audience=self._id,
                issuer=self.provider.issuer,
                # Times are held against our own clock below.
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
            now = self._clock.now().timestamp()
            fresh = int(claims["iat"]) - LEEWAY <= now < int(claims["exp"]) + LEEWAY
        except (jwt.PyJWTError, ValueError, TypeError):
            raise GenbaError("oidc.refused", "The answer is not in order.") from None
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (
            not fresh
            or not hmac.compare_digest(str(claims.get("nonce", "")), nonce)
            or (several and claims.get("azp") != self._id)
        ):
            raise GenbaError("oidc.refused", "The answer is not for this sign-in.")
        return claims


def _identity(issuer: str, claims: Mapping[str, Any]) -> Identity:
    email = claims.get("email", "")
    # An address that nobody has checked is not somebody: it could be anybody's.
    email = str(email) if claims.get("email_verified") is True else ""
    login = str(claims.get("preferred_username") or email or claims["sub"])
    return Identity(
        issuer=issuer,
        subject=str(claims["sub"]),
        login=login,
        name=str(claims.get("name") or login),
        email=email,
        claims=claims,
    )

"""The other side's addresses and keys (OpenID Connect Discovery 1.0, RFC 7517)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
import jwt

from genba.errors import GenbaError

if TYPE_CHECKING:
    from genba.clock import Clock

LIFE = 3600.0  # seconds that its description is believed
SOON = 60.0  # seconds, at least, between two looks for a key that is not known
LARGEST = 1 << 18  # bytes of an answer
ALGORITHMS = ("RS256", "PS256", "ES256")  # all by its private key: none, and HS256, are not
_TIMEOUT = aiohttp.ClientTimeout(total=10)
_NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_HERE = ("127.0.0.1", "::1", "localhost")


class Provider:
    """On the event loop. What it can't tell, or tells wrongly, raises ``oidc.unavailable``."""

    def __init__(self, http: aiohttp.ClientSession, issuer: str, clock: Clock) -> None:
        """Ask by ``http``; raises ValueError for an address that is not https."""
        check_address(issuer)
        self.issuer = issuer
        self._http = http
        self._clock = clock
        self._turn = asyncio.Lock()
        self._described: dict[str, str] = {}
        self._described_at = float("-inf")
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_at = float("-inf")

    async def describe(self) -> dict[str, str]:
        """Return its addresses, by the names of its metadata."""
        async with self._turn:
            if self._clock.monotonic() - self._described_at >= LIFE:
                found = await self._get(
                    f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                )
                if found.get("issuer") != self.issuer:
                    raise _unavailable("It calls itself by another name.")
                try:
                    addresses = {name: str(found[name]) for name in _NEEDED}
                    for name in _NEEDED:
                        check_address(addresses[name])
                except (KeyError, ValueError):
                    raise _unavailable("Its description lacks an address.") from None
                self._described = addresses
                self._described_at = self._clock.monotonic()
            return self._described

    async def key(self, name: str) -> jwt.PyJWK:
        """Return one of its keys; one that is not known is looked for, though not every time."""
        described = await self.describe()
        async with self._turn:
            now = self._clock.monotonic()
            old = now - self._keys_at >= LIFE
            if old or (name not in self._keys and now - self._keys_at >= SOON):
                found = await self._get(described["jwks_uri"])
                self._keys = _signing_keys(found)
                self._keys_at = now
        try:
            return self._keys[name]
        except KeyError:
            raise GenbaError("oidc.refused", "Its answer is signed by no key of its.") from None

    async def redeem(self, form: dict[str, str]) -> dict[str, Any]:
        """Give the code, get the tokens; raises ``oidc.refused`` where it does not like it."""
        described = await self.describe()
        try:
            async with self._http.post(
                described["token_endpoint"], data=form, timeout=_TIMEOUT, allow_redirects=False
            ) as answer:
                body = await answer.content.read(LARGEST)
                if answer.status in (400, 401, 403):
                    raise GenbaError("oidc.refused", "It does not take its own code.")
                if answer.status != 200:  # noqa: PLR2004
                    raise _unavailable(f"It answered {answer.status}.")
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise _unavailable("It does not answer.") from None
        return _object(body)

    async def _get(self, address: str) -> dict[str, Any]:
        try:
            async with self._http.get(address, timeout=_TIMEOUT, allow_redirects=False) as answer:
                if answer.status != 200:  # noqa: PLR2004
                    raise _unavailable(f"It answered {answer.status}.")
                return _object(await answer.content.read(LARGEST))
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise _unavailable("It does not answer.") from None


def check_address(address: str) -> None:
    """Raise ValueError unless it is https, or this machine itself."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
        raise ValueError("the address is not https")
    if not parts.hostname or parts.username or parts.fragment:
        raise ValueError("the address is not usable")


def _signing_keys(found: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    keys: dict[str, jwt.PyJWK] = {}
    for one in found.get("keys", [])[:50]:
        if isinstance(one, dict) and one.get("use", "sig") == "sig" and "kid" in one:
            try:
                keys[str(one["kid"])] = jwt.PyJWK.from_dict(one)
            except jwt.PyJWTError:
                continue  # of a kind that is not known here
    return keys


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise _unavailable("Its answer is not JSON.")
    return found


def _unavailable(why: str) -> GenbaError:
    return GenbaError("oidc.unavailable", why)

"""A real OpenID provider on loopback: signs by RS256, rotates its keys, checks PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from datetime import datetime

CLIENT, SECRET = "genba", "s3cret-of-the-client"


class OidcProvider:
    """``answers`` with the claims it is given; ``spoil`` changes an ID token's making."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.url = ""
        self.now = now
        self.claims: dict[str, Any] = {"sub": "u-1", "preferred_username": "tanaka"}
        self.spoil: Callable[[dict[str, Any], dict[str, Any]], str | None] | None = None
        self.asked: list[str] = []
        self.status = 200
        self._codes: dict[str, dict[str, str]] = {}
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.rotate()

    def rotate(self, *, keep: bool = False) -> str:
        """Sign by a new key from now on; the old one is published no more unless kept."""
        if not keep:
            self.keys.clear()
        self.kid = secrets.token_hex(4)
        self.keys[self.kid] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self.kid

    def consent(self, query: dict[str, str]) -> str:
        """Be somebody who signs in there; return the code."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return code

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/keys", self._jwks)
        app.router.add_post("/token", self._token)
        return app

    async def _describe(self, _request: web.Request) -> web.Response:
        self.asked.append("description")
        return web.json_response(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            },
            status=self.status,
        )

    async def _jwks(self, _request: web.Request) -> web.Response:
        self.asked.append("keys")
        found = []
        for kid, key in self.keys.items():
            one = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
            found.append(one | {"kid": kid, "use": "sig", "alg": "RS256"})
        return web.json_response({"keys": found})

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form.get("client_secret") != SECRET
            or form.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(self.now().timestamp())
        claims = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"], **self.claims}
        header = {"kid": self.kid}
        made = self.spoil(claims, header) if self.spoil is not None else None
        if made is None:
            made = jwt.encode(claims, self.keys[self.kid], algorithm="RS256", headers=header)
        return web.json_response({"id_token": made, "access_token": "x", "token_type": "Bearer"})


@asynccontextmanager
async def oidc_provider(now: Callable[[], datetime]) -> AsyncGenerator[OidcProvider]:
    """Serve one."""
    provider = OidcProvider(now)
    runner = web.AppRunner(provider.app(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()

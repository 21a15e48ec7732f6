"""OpenID Connect against a real provider: who comes back is who went, and nobody else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from genba.errors import GenbaError
from genba.server.identity.oidc import Client, Identity, Mapping, Provider
from genba.server.identity.oidc import client as module
from genba.server.identity.person import Role
from tests.kit.oidcprovider import CLIENT, SECRET, oidc_provider

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.kit.oidcprovider import OidcProvider

BACK = "https://genba.example/enter/oidc"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()


@asynccontextmanager
async def house() -> AsyncGenerator[tuple[OidcProvider, Client, Clock]]:
    clock = Clock()
    async with oidc_provider(clock.now) as there, aiohttp.ClientSession() as http:
        provider = Provider(http, there.url, clock)
        client = Client(
            provider, clock, id_=CLIENT, secret=SECRET, redirect=BACK, scope="openid profile email"
        )
        yield there, client, clock


async def go(there: OidcProvider, client: Client, browser: str = "b") -> dict[str, str]:
    """Go there and sign in; return what the browser comes back with."""
    address = await client.begin(browser, "/s/1")
    query = dict(parse_qsl(urlsplit(address).query))
    assert address.startswith(f"{there.url}/authorize?")
    assert (query["code_challenge_method"], query["redirect_uri"]) == ("S256", BACK)
    return {"state": query["state"], "code": there.consent(query), "iss": there.url}


async def refused(
    client: Client, back: dict[str, str], browser: str = "b", code: str = "oidc.refused"
) -> None:
    with pytest.raises(GenbaError) as caught:
        await client.finish(browser, back)
    assert caught.value.code == code
    assert SECRET not in str(caught.value)


async def test_who_signs_in_there_is_known_here() -> None:
    async with house() as (there, client, _):
        there.claims |= {"name": "田中 一郎", "email": "t@example.jp", "email_verified": True}
        found, back_to = await client.finish("b", await go(there, client))
        assert (found.issuer, found.subject, found.login) == (there.url, "u-1", "tanaka")
        assert (found.name, found.email, back_to) == ("田中 一郎", "t@example.jp", "/s/1")
        there.claims |= {"email_verified": False}
        found, _ = await client.finish("b", await go(there, client))
        assert found.email == "", "it could be anybody's"
        assert there.asked == ["description", "keys"], "both are kept"


async def test_coming_back_counts_once_in_time_in_the_same_browser() -> None:
    async with house() as (there, client, clock):
        back = await go(there, client)
        await client.finish("b", back)
        await refused(client, back)
        await refused(client, await go(there, client), browser="another")
        late = await go(there, client)
        clock.time += timedelta(seconds=module.PATIENCE + 1)
        await refused(client, late)
        for spoiled in ({"state": "x"}, {"code": "x"}, {"code": ""}, {"iss": "https://other"}):
            await refused(client, await go(there, client) | spoiled)
        given_up = await go(there, client)
        await refused(client, given_up | {"error": "access_denied"})


async def test_those_who_never_come_back_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    async with house() as (there, client, _):
        first = await go(there, client)
        later = [await go(there, client) for _ in range(3)]
        await refused(client, first)
        await client.finish("b", later[-1])


FOREIGN = rsa.generate_private_key(public_exponent=65537, key_size=2048)
Spoil = "Callable[[dict[str, Any], dict[str, Any]], str | None]"


def changed(**values: Any) -> Any:
    def spoil(claims: dict[str, Any], _header: dict[str, Any]) -> None:
        for name, value in values.items():
            if value is None:
                claims.pop(name)
            else:
                claims[name] = value

    return spoil


def signed(key: Any, algorithm: str, **header: str) -> Any:
    def spoil(claims: dict[str, Any], own: dict[str, Any]) -> str:
        return jwt.encode(claims, key, algorithm=algorithm, headers=own | header)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        changed(nonce="another"),
        changed(nonce=None),
        changed(aud="another"),
        changed(aud=[CLIENT, "another"]),
        changed(aud=[CLIENT, "another"], azp="another"),
        changed(iss="https://other.example"),
        changed(exp=1_700_000_000),
        changed(iat=4_000_000_000),
        changed(exp=None),
        changed(sub=None),
        changed(exp="soon"),
        signed(FOREIGN, "RS256"),
        signed(None, "none"),
        signed("x" * 64, "HS256"),
        signed(FOREIGN, "RS256", kid="unknown"),
        lambda _claims, _header: "no token at all",
        lambda _claims, _header: "",
    ],
)
async def test_an_answer_that_is_not_in_order_is_refused(spoil: Any) -> None:
    async with house() as (there, client, _):
        there.spoil = spoil
        await refused(client, await go(there, client))


async def test_keys_that_were_rotated_are_found_and_not_looked_for_each_time() -> None:
    async with house() as (there, client, clock):
        await client.finish("b", await go(there, client))
        there.rotate()
        await refused(client, await go(there, client))  # within the minute: nobody can make us ask
        assert there.asked.count("keys") == 1
        clock.time += timedelta(seconds=61)
        await client.finish("b", await go(there, client))
        assert there.asked.count("keys") == 2


async def test_a_provider_that_is_away_is_named() -> None:
    async with house() as (there, client, _):
        there.status = 503
        with pytest.raises(GenbaError) as caught:
            await client.begin("b")
        assert caught.value.code == "oidc.unavailable"


@pytest.mark.parametrize(
    "address", ["http://login.example", "ftp://x", "https://u:p@x", "https://x/#y", ""]
)
async def test_only_https_is_gone_to(address: str) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ValueError, match="address"):
            Provider(http, address, Clock())


def identity(**claims: Any) -> Identity:
    return Identity("i", "s", "l", "n", "", claims)


def test_claims_give_one_group_and_roles_and_nothing_is_guessed() -> None:
    mapping = Mapping(
        groups={"tokyo": "東京支店", "osaka": "大阪支店"},
        role_claim="realm.roles",
        roles={"boss": Role.ADMIN, "root": Role.OPERATOR},
        default_role=Role.SUPPORTER,
    )
    assert mapping.place(identity(groups=["tokyo", "other"])) == (
        "東京支店",
        frozenset({Role.SUPPORTER}),
    )
    boss = identity(groups="osaka", realm={"roles": ["boss", "root"]})
    assert mapping.place(boss) == ("大阪支店", frozenset({Role.ADMIN}))
    nowhere: list[dict[str, Any]] = [
        {},
        {"groups": ["tokyo", "osaka"]},
        {"groups": 7},
        {"groups": ["tokyo"], "realm": {"roles": ["root"]}},
    ]
    for claims in nowhere:
        with pytest.raises(GenbaError) as caught:
            mapping.place(identity(**claims))
        assert caught.value.code == "oidc.no_group"

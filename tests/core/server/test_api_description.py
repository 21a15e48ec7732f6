"""The API's description and its documents against the routes that there are."""

from __future__ import annotations

import re
from pathlib import Path

from genba.errors import PROBLEMS
from genba.server.http.api.endpoint import PREFIX
from genba.server.http.api.openapi import plain_path
from genba.server.http.api.table import ENDPOINTS
from genba.server.http.route import TABLE
from tests.kit.house import house

DOCS = Path(__file__).parents[3] / "docs"
METHODS = {"get", "post", "put", "patch", "delete"}


async def test_every_api_route_is_described_and_every_description_is_a_route(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h, h.nobody.get("/api/v1/openapi.json") as answer:
        assert answer.status == 200
        said = await answer.json()
        described = {
            (method.upper(), PREFIX + path)
            for path, item in said["paths"].items()
            for method in item
            if method in METHODS
        }
        routes = {
            (method, plain_path(path))
            for (method, path) in h.app[TABLE].rows
            if path.startswith("/api/")
        }
    assert said["openapi"].startswith("3.1")
    assert described == routes


async def test_the_description_holds_together(tmp_path: Path) -> None:
    async with house(tmp_path) as h, h.nobody.get("/api/v1/openapi.json") as answer:
        text = await answer.text()
        said = await answer.json()
    schemas = said["components"]["schemas"]
    used = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert used
    assert used <= set(schemas), "every reference leads somewhere"
    operations = [
        (path, operation)
        for path, item in said["paths"].items()
        for method, operation in item.items()
    ]
    ids = [operation["operationId"] for _, operation in operations]
    assert len(set(ids)) == len(ids)
    for path, operation in operations:
        named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        assert operation["summary"]
        assert any(status.startswith("2") for status in operation["responses"])


def test_every_error_that_an_endpoint_names_is_in_the_table() -> None:
    for endpoint in ENDPOINTS:
        assert set(endpoint.all_errors()) <= set(PROBLEMS), endpoint.path


def test_the_document_names_every_endpoint() -> None:
    text = (DOCS / "api.md").read_text("utf-8")
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \| (.+?) \| `([a-z.]+)` \|$", text, re.MULTILINE)
    assert rows == [(e.method, plain_path(e.path), e.summary, e.action.value) for e in ENDPOINTS]


def test_the_document_names_every_error() -> None:
    text = (DOCS / "errors.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert rows == [(p.code, str(p.status), p.title, p.advice) for p in PROBLEMS.values()]

"""The API's description, OpenAPI 3.1, made from the table of endpoints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from genba import __version__
from genba.errors import PROBLEMS
from genba.server.http.api.endpoint import PREFIX, Endpoint
from genba.server.http.api.models import ProblemView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import BaseModel

_PARAMETER = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})+))?\}")
_SCHEMA = "#/components/schemas/{model}"


def plain_path(path: str) -> str:
    """Return a path pattern without its regular expressions."""
    return _PARAMETER.sub(r"{\1}", path)


def describe(endpoints: Iterable[Endpoint], base_url: str) -> dict[str, Any]:
    """Return the whole description."""
    endpoints = tuple(endpoints)
    asked = {e.body for e in endpoints if e.body is not None}
    given = {e.answer for e in endpoints if e.answer is not None}
    inputs: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in asked]
    inputs += [(model, "serialization") for model in (given - asked) | {ProblemView}]
    inputs.sort(key=lambda one: one[0].__name__)
    _, definitions = models_json_schema(inputs, ref_template=_SCHEMA)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        where = plain_path(endpoint.path)
        paths.setdefault(where, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Genba",
            "version": __version__,
            "description": "Cameras from the field, composed into one view.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url + PREFIX}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The API token in the data folder, `keys/api-token`.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "genba",
                    "description": "A signed-in browser; `__Host-genba` over HTTPS.",
                },
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": endpoint.handler.__name__ + "_" + endpoint.action.name.lower(),
        "summary": endpoint.summary,
        "tags": [endpoint.action.value.partition(".")[0]],
        "responses": _responses(endpoint),
        "x-action": endpoint.action.value,
    }
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", **({"pattern": f"^{pattern}$"} if pattern else {})},
        }
        for name, pattern in _PARAMETER.findall(endpoint.path)
    ]
    parameters += [
        {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
        for name, text in endpoint.query.items()
    ]
    if parameters:
        said["parameters"] = parameters
    if endpoint.body is not None:
        said["requestBody"] = {
            "required": any(f.is_required() for f in endpoint.body.model_fields.values()),
            "content": {"application/json": {"schema": _ref(endpoint.body)}},
        }
    if endpoint.public:
        said["security"] = []
    return said


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": endpoint.summary}
    if endpoint.answer is not None:
        answer["content"] = {endpoint.media: {"schema": _ref(endpoint.answer)}}
    elif endpoint.media != "application/json":
        answer["content"] = {endpoint.media: {}}
    found = {str(endpoint.status): answer}
    if endpoint.media != "application/json":
        found["206"] = {**answer, "description": "The range that was asked for"}
        found["304"] = {"description": "What the client has is the newest"}
        found["416"] = {"description": "There is no such range"}
    by_status: dict[int, list[str]] = {}
    for code in endpoint.all_errors():
        by_status.setdefault(PROBLEMS[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        found[str(status)] = {
            "description": ", ".join(f"`{code}`: {PROBLEMS[code].title}" for code in codes),
            "content": {"application/problem+json": {"schema": _ref(ProblemView)}},
        }
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _SCHEMA.format(model=model.__name__)}

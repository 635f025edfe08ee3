"""openapi.json, made from the doors themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.kit.web import Door

PROBLEM = {
    "type": "object",
    "required": ["status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; decide by this"},
        "detail": {"type": "string", "description": "says what to mend"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def document(doors: Sequence[Door], served_under: str = "/api") -> dict[str, Any]:
    schemas = _schemas(doors)
    paths: dict[str, Any] = {}
    for door in sorted(doors, key=lambda door: (door.path, door.method)):
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Satukanal", "version": "1", "description": "One order book for every channel."},
        "servers": [{"url": served_under}],
        "paths": paths,
        "components": {
            "schemas": schemas | {"Problem": PROBLEM},
            "securitySchemes": {
                "staff": {"type": "http", "scheme": "bearer"},
                "order": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _schemas(doors: Sequence[Door]) -> dict[str, Any]:
    models: list[Any] = [model for door in doors for model in (door.body, door.answer) if _is_model(model)]
    _, made = models_json_schema(
        [(model, "validation") for model in dict.fromkeys(models)], ref_template="#/components/schemas/{model}"
    )
    return dict(sorted(made.get("$defs", {}).items()))


def _is_model(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseModel)


def _operation(door: Door) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": f"{door.method.lower()}_{door.view.__name__}",
        "summary": door.says,
        "x-who": sorted(door.who),
        "security": _security(door),
        "responses": {str(door.status): _answer(door), "default": _problem()},
    }
    if parameters := _parameters(door):
        said["parameters"] = parameters
    if door.body is not None:
        said["requestBody"] = {"required": True, "content": {"application/json": _content(door)}}
    return said


def _content(door: Door) -> dict[str, Any]:
    assert door.body is not None  # nosec B101 - the caller asked
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{door.body.__name__}"}}
    return content | ({"example": door.example} if door.example is not None else {})


def _answer(door: Door) -> dict[str, Any]:
    if _is_model(door.answer):
        schema: Any = {"$ref": f"#/components/schemas/{door.answer.__name__}"}
    else:
        schema = door.answer or {}
    return {"description": "Done.", "content": {"application/json": {"schema": schema}}}


def _problem() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "A refusal that says why.", "content": content}


def _security(door: Door) -> list[dict[str, list[str]]]:
    if "anyone" in door.who:
        return [{}]
    order: list[dict[str, list[str]]] = [{"order": []}] if "customer" in door.who else []
    return order + ([{"staff": []}] if door.who - {"customer"} else [])


def _parameters(door: Door) -> list[dict[str, Any]]:
    parts = re.findall(r"{(\w+)}", door.path)
    said: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": {"type": "string"}} for part in parts
    ]
    if door.keyed:
        key = {"type": "string", "minLength": 16, "maxLength": 128}
        said.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
    if door.query is not None:
        schema = door.query.model_json_schema()
        required = schema.get("required", [])
        for name, kind in schema["properties"].items():
            said.append({"name": name, "in": "query", "required": name in required, "schema": kind})
    return said

"""openapi.json, made from the doors themselves, so that it cannot say anything else than they do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib.kit.web import IDEMPOTENCY_KEY, PATH_PART, Endpoint

PROBLEM_SCHEMA = {
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


SchemaNames = dict[Any, str]


def build_document(endpoints: Sequence[Endpoint], base_path: str = "/api") -> dict[str, Any]:
    schemas, names = _schemas(endpoints)
    paths: dict[str, Any] = {}
    for door in sorted(endpoints, key=lambda door: (door.path, door.method)):
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Satukanal", "version": "1", "description": "One order book for every channel."},
        "servers": [{"url": base_path}],
        "paths": paths,
        "components": {
            "schemas": schemas | {"Problem": PROBLEM_SCHEMA},
            "securitySchemes": {
                "staff": {"type": "http", "scheme": "bearer"},
                "order": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _schemas(doors: Sequence[Endpoint]) -> tuple[dict[str, Any], SchemaNames]:
    """And what each model is called there: two rooms may have a body of one name, which then gets its room's too."""
    models: list[Any] = [model for door in doors for model in (door.body, door.response) if _is_model(model)]
    asked: list[Any] = [(model, "validation") for model in dict.fromkeys(models)]
    refs, made = models_json_schema(asked, ref_template="#/components/schemas/{model}")
    # Pydantic tells the two apart by their whole module path; nobody outside needs to know our files.
    said = json.loads(
        re.sub(r"chalicelib__([a-z])(\w+?)__\w+?__", _package_prefix, json.dumps([made, list(refs.values())]))
    )
    names = {model: ref["$ref"].rpartition("/")[2] for (model, _), ref in zip(refs, said[1])}
    return dict(sorted(said[0].get("$defs", {}).items())), names


def _package_prefix(found: re.Match[str]) -> str:
    return found[1].upper() + found[2]


def _is_model(thing: Any) -> bool:
    return isinstance(thing, type) and issubclass(thing, BaseModel)


def _operation(door: Endpoint, names: SchemaNames) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": f"{door.method.lower()}_{door.view.__name__}",
        "summary": door.summary,
        "x-who": sorted(door.roles),
        "security": _security(door),
        "responses": {str(door.status): _response(door, names), "default": _problem_response()},
    }
    if parameters := _parameters(door):
        said["parameters"] = parameters
    if content := {"application/json": _content(door, names)} if door.body is not None else door.request_content:
        said["requestBody"] = {"required": True, "content": content}
    return said


def _content(door: Endpoint, names: SchemaNames) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{names[door.body]}"}}
    return content | ({"example": door.example} if door.example is not None else {})


def _response(door: Endpoint, names: SchemaNames) -> dict[str, Any]:
    if _is_model(door.response):
        schema: Any = {"$ref": f"#/components/schemas/{names[door.response]}"}
    else:
        schema = door.response or {}
    if 300 <= door.status < 400:
        return {"description": "Look there.", "headers": {"Location": {"schema": {"type": "string"}}}}
    return {"description": "Done.", "content": {door.media_type: {"schema": schema}}}


def _problem_response() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "A refusal that says why.", "content": content}


def _security(door: Endpoint) -> list[dict[str, list[str]]]:
    if "anyone" in door.roles:
        return [{}, {"staff": []}]
    order: list[dict[str, list[str]]] = [{"order": []}] if "customer" in door.roles else []
    return order + ([{"staff": []}] if door.roles - {"customer"} else [])


def _parameters(door: Endpoint) -> list[dict[str, Any]]:
    parts = re.findall(r"{(\w+)}", door.path)
    said: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": _string_schema(PATH_PART)} for part in parts
    ]
    if door.idempotent:
        key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": _string_schema(IDEMPOTENCY_KEY)}
        said.append(key)
    if door.query is not None:
        schema = door.query.model_json_schema()
        required = schema.get("required", [])
        for name, kind in schema["properties"].items():
            said.append({"name": name, "in": "query", "required": name in required, "schema": kind})
    return said


def _string_schema(pattern: re.Pattern[str]) -> dict[str, str]:
    return {"type": "string", "pattern": f"^{pattern.pattern}$"}

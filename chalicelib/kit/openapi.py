"""Builds openapi.json from the registered endpoints."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
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
        "code": {"type": "string", "description": "stable identifier of the refusal; decide by this"},
        "detail": {"type": "string", "description": "the reason and what to change, for people"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


SchemaNames = dict[Any, str]
RESPONSES_FILE = Path(__file__).parent.parent / "content" / "responses.json"


@cache
def load_responses() -> dict[str, Any]:
    """Return the schemas of 2xx bodies by endpoint (`responses`) and those that several share (`components`).

    They are in a file, because they describe what views return as plain dictionaries, and no request needs them.
    """
    responses: dict[str, Any] = json.loads(RESPONSES_FILE.read_text())
    return responses


def build_document(endpoints: Sequence[Endpoint], base_path: str = "/api") -> dict[str, Any]:
    schemas, names = _schemas(endpoints)
    paths: dict[str, Any] = {}
    for endpoint in sorted(endpoints, key=lambda endpoint: (endpoint.path, endpoint.method)):
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Satukanal", "version": "1", "description": "One order book for every channel."},
        "servers": [{"url": base_path}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((schemas | _shared_components() | {"Problem": PROBLEM_SCHEMA}).items())),
            "securitySchemes": {
                "staff": {"type": "http", "scheme": "bearer"},
                "order": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _schemas(endpoints: Sequence[Endpoint]) -> tuple[dict[str, Any], SchemaNames]:
    """Return the schemas and the name of each model's schema; equal class names of two packages get a prefix."""
    models: list[Any] = [
        model for endpoint in endpoints for model in (endpoint.body, endpoint.response) if _is_model(model)
    ]
    inputs: list[Any] = [(model, "validation") for model in dict.fromkeys(models)]
    refs, definitions = models_json_schema(inputs, ref_template="#/components/schemas/{model}")
    # Pydantic distinguishes equal class names by their module path; the document shows only the package.
    text = json.dumps([definitions, list(refs.values())])
    schemas, refs_in_order = json.loads(re.sub(r"chalicelib__([a-z])(\w+?)__\w+?__", _package_prefix, text))
    names = {model: ref["$ref"].rpartition("/")[2] for (model, _), ref in zip(refs, refs_in_order)}
    components = {name: {"title": name} | _without_titles(schema) for name, schema in schemas.get("$defs", {}).items()}
    return dict(sorted(components.items())), names


def _without_titles(schema: Any) -> Any:
    """Return the schema without the titles that pydantic derives: client generators name classes by them."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_titles(value) for name, value in schema.items() if name != "title" or isinstance(value, dict)
    }


def _shared_components() -> dict[str, Any]:
    return {name: {"title": name} | schema for name, schema in load_responses()["components"].items()}


def _package_prefix(module: re.Match[str]) -> str:
    return module[1].upper() + module[2]


def _is_model(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, BaseModel)


def _operation(endpoint: Endpoint, names: SchemaNames) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.view.__name__,
        "summary": endpoint.summary,
        "x-who": sorted(endpoint.roles),
        "security": _security(endpoint),
        "responses": {str(endpoint.status): _response(endpoint, names), "default": _problem_response()},
    }
    if parameters := _parameters(endpoint):
        operation["parameters"] = parameters
    if (
        content := {"application/json": _content(endpoint, names)}
        if endpoint.body is not None
        else endpoint.request_content
    ):
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _content(endpoint: Endpoint, names: SchemaNames) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{names[endpoint.body]}"}}
    return content | ({"example": endpoint.example} if endpoint.example is not None else {})


def _response(endpoint: Endpoint, names: SchemaNames) -> dict[str, Any]:
    if _is_model(endpoint.response):
        schema: Any = {"$ref": f"#/components/schemas/{names[endpoint.response]}"}
    else:
        schema = endpoint.response or load_responses()["responses"].get(endpoint.name, {})
    if 300 <= endpoint.status < 400:
        return {"description": "Redirect.", "headers": {"Location": {"schema": {"type": "string"}}}}
    return {"description": "Success.", "content": {endpoint.media_type: {"schema": schema}}}


def _problem_response() -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": "The request was refused.", "content": content}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if "anyone" in endpoint.roles:
        return [{}, {"staff": []}]
    order: list[dict[str, list[str]]] = [{"order": []}] if "customer" in endpoint.roles else []
    return order + ([{"staff": []}] if endpoint.roles - {"customer"} else [])


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parts = re.findall(r"{(\w+)}", endpoint.path)
    parameters: list[dict[str, Any]] = [
        {"name": part, "in": "path", "required": True, "schema": _string_schema(PATH_PART)} for part in parts
    ]
    if endpoint.idempotent:
        is_required = endpoint.idempotent_when is None
        key: dict[str, Any] = {"name": "Idempotency-Key", "in": "header", "required": is_required}
        key["schema"] = _string_schema(IDEMPOTENCY_KEY)
        parameters.append(key)
    if endpoint.query is not None:
        schema = _without_titles(endpoint.query.model_json_schema())
        required = schema.get("required", [])
        for name, kind in schema["properties"].items():
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": kind})
    return parameters


def _string_schema(pattern: re.Pattern[str]) -> dict[str, str]:
    return {"type": "string", "pattern": f"^{pattern.pattern}$"}

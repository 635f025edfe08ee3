"""Doors about the house itself: is it up, what can it do, and a page to read that."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, openapi
from chalicelib.kit.idempotency import IdempotencyRecord
from chalicelib.kit.templates import render
from chalicelib.kit.web import EVERYONE, STAFF, ApiResponse, Call, Endpoint, Routes, html_response

endpoints = Routes(__name__)


@endpoints.get("/health", roles=EVERYONE)
def health(call: Call) -> dict[str, str]:
    """Say that the doors are open and the tables answer."""
    db.get(IdempotencyRecord, "health", "request")
    return {"status": "ok"}


@endpoints.get("/openapi.json", roles=EVERYONE)
def openapi_document(call: Call) -> dict[str, Any]:
    """Describe every door as OpenAPI 3.1, made from the doors themselves."""
    return openapi.build_document(Routes.registered)


@endpoints.get("/me", roles=STAFF)
def me(call: Call) -> dict[str, Any]:
    """Tell the caller who he is here: his role, and the place he works at."""
    who = call.principal
    return {"id": who.id, "role": who.role, "name": who.name, "location": who.location or None}


@endpoints.get("/docs", roles=EVERYONE, media_type="text/html")
def docs(call: Call) -> ApiResponse:
    """Show the same description as a page for people."""
    every = sorted(Routes.registered, key=lambda door: (door.path, door.method))
    return html_response(render("api_docs.html", endpoints=[(endpoint, list_fields(endpoint)) for endpoint in every]))


def list_fields(door: Endpoint) -> str:
    schema = door.body.model_json_schema() if door.body else {}
    return ", ".join(schema.get("properties", ()))

"""Doors about the house itself: is it up, what can it do, and a page to read that."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import db, openapi
from chalicelib.kit.requests import Request
from chalicelib.kit.templates import render
from chalicelib.kit.web import EVERYONE, STAFF, Answer, Call, Door, Routes, page

doors = Routes(__name__)


@doors.get("/health", who=EVERYONE)
def health(call: Call) -> dict[str, str]:
    """Say that the doors are open and the tables answer."""
    db.get(Request, "health", "request")
    return {"status": "ok"}


@doors.get("/openapi.json", who=EVERYONE)
def openapi_document(call: Call) -> dict[str, Any]:
    """Describe every door as OpenAPI 3.1, made from the doors themselves."""
    return openapi.document(Routes.every)


@doors.get("/me", who=STAFF)
def me(call: Call) -> dict[str, Any]:
    """Tell the caller who he is here: his role, and the place he works at."""
    who = call.principal
    return {"id": who.id, "role": who.role, "name": who.name, "location": who.location or None}


@doors.get("/docs", who=EVERYONE, kind="text/html")
def docs(call: Call) -> Answer:
    """Show the same description as a page for people."""
    every = sorted(Routes.every, key=lambda door: (door.path, door.method))
    return page(render("api_docs.html", doors=[(door, fields_of(door)) for door in every]))


def fields_of(door: Door) -> str:
    schema = door.body.model_json_schema() if door.body else {}
    return ", ".join(schema.get("properties", ()))

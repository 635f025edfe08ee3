"""Doors about the house itself: is it up, what can it do, and a page to read that."""

from __future__ import annotations

from html import escape
from typing import Any

from chalicelib.kit import db, openapi
from chalicelib.kit.requests import Request
from chalicelib.kit.web import EVERYONE, STAFF, Answer, Call, Door, Routes, page

doors = Routes(__name__)
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f}"
    "article{border-top:1px solid #d8d8df;padding:.6rem 0}code{background:#f2f2f6;padding:.1rem .3rem}"
    "h2{font-size:1rem;margin:0}p{margin:.2rem 0}small{color:#5c5c66}"
)


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
    told = sorted(Routes.every, key=lambda door: (door.path, door.method))
    return page(
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>Satukanal API</title><style>{STYLE}</style><h1>Satukanal API</h1>"
        f"<p>The full truth for programs is <a href=openapi.json>openapi.json</a>; all paths stand under "
        f"<code>/api</code>.</p>{''.join(map(_article, told))}"
    )


def _article(door: Door) -> str:
    who = ", ".join(sorted(door.who))
    key = " · needs an <code>Idempotency-Key</code>" if door.keyed else ""
    schema = door.body.model_json_schema() if door.body else None
    fields = ", ".join(schema["properties"]) if schema and "properties" in schema else ""
    body = f"<p>body: {escape(fields)}</p>" if fields else ""
    return (
        f"<article><h2><code>{door.method} {escape(door.path)}</code></h2><p>{escape(door.says)}</p>{body}"
        f"<small>{escape(who)}{key}</small></article>"
    )

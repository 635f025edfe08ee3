"""Endpoints about the API itself: health, openapi.json, the documentation page and the signed-in caller."""

from __future__ import annotations

from typing import Any, Literal

from chalicelib.kit import db, openapi, problem_pages
from chalicelib.kit.idempotency import IdempotencyRecord
from chalicelib.kit.templates import render
from chalicelib.kit.web import ApiResponse, Call, Endpoint, Query, Routes, html_response

endpoints = Routes(__name__)


class LanguageQuery(Query):
    lang: Literal["", "id", "en"] = ""


@endpoints.get("/health")
def health(call: Call) -> dict[str, str]:
    """Check that the API and the tables respond."""
    db.get(IdempotencyRecord, "health", "request")
    return {"status": "ok"}


@endpoints.get("/openapi.json")
def openapi_document(call: Call) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every endpoint."""
    return openapi.build_document(Routes.registered)


@endpoints.get("/me")
def me(call: Call) -> dict[str, Any]:
    """Return the caller's id, role, name and location."""
    principal = call.principal
    return {
        "id": principal.id,
        "role": principal.role,
        "name": principal.name,
        "location": principal.location or None,
    }


@endpoints.get("/docs", media_type="text/html")
def docs(call: Call) -> ApiResponse:
    """Return a page that lists every endpoint."""
    registered = sorted(Routes.registered, key=lambda endpoint: (endpoint.path, endpoint.method))
    return html_response(render("api_docs.html", endpoints=[(item, list_body_fields(item)) for item in registered]))


@endpoints.get("/problems/{code}", query=LanguageQuery, media_type="text/html")
def explain_problem(call: Call, code: str) -> ApiResponse:
    """Return a page about the refusals with this code: what they mean and what to do, in the reader's language."""
    language = problem_pages.choose_language(call.query.lang, call.headers.get("accept-language", ""))
    return html_response(problem_pages.render_problem_page(code, language))


def list_body_fields(endpoint: Endpoint) -> str:
    schema = endpoint.body.model_json_schema() if endpoint.body else {}
    return ", ".join(schema.get("properties", ()))

"""Serves the shop on one machine: API Gateway's part for the doors, the CDN's part for the built site.

`Gateway` turns a request into the event that API Gateway would send and the answer back; `application` is the WSGI
face of it. Workers are single-threaded, because a Chalice app keeps its current request on itself.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from infra import site
from infra.local import phones

MAX_BODY_BYTES = 10 * 1024 * 1024  # what API Gateway takes
ROOT_PREFIXES = ("/o/", "/l/")  # short links in messages and print
Headers = dict[str, str]


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    query: str = ""
    headers: Headers = field(default_factory=dict)
    body: bytes = b""
    client_address: str = "127.0.0.1"


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Gateway:
    """Routes like API Gateway: a literal part of a path goes before a parameter, whatever was registered first."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.tree: dict[str, Any] = {}
        for path in app.routes:
            node = self.tree
            for part in split_path(path):
                node = node.setdefault("{}" if part.startswith("{") else part, {})
            node[""] = path

    def call(self, asked: HttpRequest) -> HttpResponse:
        if len(asked.body) > MAX_BODY_BYTES:
            return problem_response(413, "too_large", "The body is over 10 MB; send less at once.")
        resource, values = self.find_resource(asked.path)
        if resource is None:
            return problem_response(404, "not_found", "There is no such door; /api/docs lists them all.")
        if asked.method not in self.app.routes[resource]:
            allowed = ", ".join(sorted(self.app.routes[resource]))
            return problem_response(405, "method_not_allowed", f"This door takes {allowed}.", {"Allow": allowed})
        return result_to_response(self.app(request_to_event(asked, resource, values), LAMBDA_CONTEXT))

    def find_resource(self, path: str) -> tuple[str | None, list[str]]:
        """The resource `/orders/{id}` and the values of its parameters, in order."""
        if path.startswith("/api/"):
            path = path[4:]
        elif not path.startswith(ROOT_PREFIXES):
            return None, []
        return match_path(self.tree, split_path(path), [])


def match_path(node: dict[str, Any], parts: list[str], values: list[str]) -> tuple[str | None, list[str]]:
    if not parts:
        return node.get(""), values
    head, rest = parts[0], parts[1:]
    if head and head in node and head != "{}":
        found = match_path(node[head], rest, values)
        if found[0] is not None:
            return found
    return match_path(node["{}"], rest, [*values, head]) if head and "{}" in node else (None, values)


def split_path(path: str) -> list[str]:
    return path.strip("/").split("/")


def request_to_event(asked: HttpRequest, resource: str, values: list[str]) -> dict[str, Any]:
    names = [part[1:-1] for part in split_path(resource) if part.startswith("{")]
    query = parse_qs(asked.query, keep_blank_values=True) or None
    text, encoded = encode_body(asked.body)
    return {
        "resource": resource,
        "path": asked.path,
        "httpMethod": asked.method,
        "headers": asked.headers,
        "multiValueHeaders": {name: [value] for name, value in asked.headers.items()},
        "queryStringParameters": {name: given[-1] for name, given in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": dict(zip(names, values)) or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "path": asked.path,
            "httpMethod": asked.method,
            "stage": "api",
            "requestId": str(uuid.uuid4()),
            "identity": {"sourceIp": asked.client_address, "userAgent": asked.headers.get("user-agent", "")},
        },
        "body": text,
        "isBase64Encoded": encoded,
    }


def encode_body(body: bytes) -> tuple[str | None, bool]:
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def result_to_response(said: dict[str, Any]) -> HttpResponse:
    body = said.get("body") or ""
    raw = base64.b64decode(body) if said.get("isBase64Encoded") else body.encode()
    headers = {name: ",".join(values) for name, values in (said.get("multiValueHeaders") or {}).items()}
    return HttpResponse(said["statusCode"], (said.get("headers") or {}) | headers, raw)


def problem_response(status: int, code: str, detail: str, headers: Headers | None = None) -> HttpResponse:
    title = code.replace("_", " ")
    said = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code}
    kind = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    return HttpResponse(status, kind | (headers or {}), json.dumps(said, separators=(",", ":")).encode())


LAMBDA_CONTEXT = SimpleNamespace(
    function_name="satukanal-api",
    function_version="$LATEST",
    memory_limit_in_mb=512,
    aws_request_id="local",
    get_remaining_time_in_millis=lambda: 29_000,
)


@cache
def gateway() -> Gateway:
    """Made by the first request of a worker, so that the environment is complete and each worker has its own app."""
    from app import app

    return Gateway(app)


def handle_request(asked: HttpRequest) -> HttpResponse:
    if asked.path.startswith(("/api/", *ROOT_PREFIXES)):
        return gateway().call(asked)
    if asked.method not in ("GET", "HEAD"):
        return problem_response(405, "method_not_allowed", "Pages are only read.", {"Allow": "GET, HEAD"})
    if asked.path in ("/phones", "/phones/"):
        return HttpResponse(200, phones.HEADERS, phones.render_page().encode())
    found = site.find_page(asked.path, asked.headers) or site.not_found_page(asked.path, asked.headers)
    return HttpResponse(*found) if found else problem_response(404, "not_found", "There is no such page.")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    asked = read_request(environ)
    said = handle_request(asked)
    identity = asked.headers.get("x-request-id", "")[:64] or str(uuid.uuid4())
    headers = said.headers | {"X-Request-Id": identity, "Content-Length": str(len(said.body))}
    start_response(f"{said.status} {HTTPStatus(said.status).phrase}", list(headers.items()))
    return [b"" if asked.method == "HEAD" else said.body]


def read_request(environ: dict[str, Any]) -> HttpRequest:
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.lower().replace("_", "-")] = environ[name]
    return HttpRequest(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(MAX_BODY_BYTES + 1),  # one more than is taken shows that it is too much
        client_address=environ.get("REMOTE_ADDR", ""),
    )

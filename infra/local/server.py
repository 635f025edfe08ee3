"""Serves the shop on one machine: the API in place of API Gateway, and the built site in place of the CDN.

`Gateway` converts a request to the event that API Gateway would send, and the result to a response. `application` is
its WSGI interface. Workers are single-threaded, because a Chalice app stores its current request as an attribute.
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

from chalicelib.kit import config
from infra import site
from infra.local import phones

MAX_BODY_BYTES = 10 * 1024 * 1024  # the limit of API Gateway
MAX_REQUEST_ID_LENGTH = 64
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
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))


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
    """Routes requests like API Gateway: a literal path segment takes precedence over a parameter."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.tree: dict[str, Any] = {}
        for path in app.routes:
            node = self.tree
            for part in split_path(path):
                node = node.setdefault("{}" if part.startswith("{") else part, {})
            node[""] = path

    def call(self, request: HttpRequest) -> HttpResponse:
        if len(request.body) > MAX_BODY_BYTES:
            return problem_response(413, "too_large", "The body is over 10 MB; send less at once.")
        resource, values = self.find_resource(request.path)
        if resource is None:
            return problem_response(404, "not_found", "There is no such endpoint; /api/docs lists them all.")
        if request.method not in self.app.routes[resource]:
            allowed = ", ".join(sorted(self.app.routes[resource]))
            return problem_response(405, "method_not_allowed", f"This endpoint supports {allowed}.", {"Allow": allowed})
        return result_to_response(self.app(request_to_event(request, resource, values), LAMBDA_CONTEXT))

    def find_resource(self, path: str) -> tuple[str | None, list[str]]:
        """The resource, such as `/orders/{id}`, and the values of its parameters in order; None if there is none."""
        if path.startswith("/api/"):
            path = path[4:]
        elif not path.startswith(ROOT_PREFIXES):
            return None, []
        return match_path(self.tree, split_path(path), [])


def match_path(node: dict[str, Any], parts: list[str], values: list[str]) -> tuple[str | None, list[str]]:
    """The resource below `node` that matches the parts of a path, and `values` with those of its parameters."""
    if not parts:
        return node.get(""), values
    head, rest = parts[0], parts[1:]
    if head and head in node and head != "{}":
        match = match_path(node[head], rest, values)
        if match[0] is not None:
            return match
    return match_path(node["{}"], rest, [*values, head]) if head and "{}" in node else (None, values)


def split_path(path: str) -> list[str]:
    return path.strip("/").split("/")


def request_to_event(request: HttpRequest, resource: str, values: list[str]) -> dict[str, Any]:
    names = [part[1:-1] for part in split_path(resource) if part.startswith("{")]
    query = parse_qs(request.query, keep_blank_values=True) or None
    body, is_base64 = encode_body(request.body)
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": request.headers,
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: texts[-1] for name, texts in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": dict(zip(names, values)) or None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": resource,
            "path": request.path,
            "httpMethod": request.method,
            "stage": "api",
            "requestId": request.request_id,
            "identity": {"sourceIp": request.client_address, "userAgent": request.headers.get("user-agent", "")},
        },
        "body": body,
        "isBase64Encoded": is_base64,
    }


def encode_body(body: bytes) -> tuple[str | None, bool]:
    """The body as text, and whether that is base64, for bytes that are not UTF-8; None for an empty body."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


def result_to_response(result: dict[str, Any]) -> HttpResponse:
    text = result.get("body") or ""
    body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
    headers = {name: ",".join(values) for name, values in (result.get("multiValueHeaders") or {}).items()}
    return HttpResponse(result["statusCode"], (result.get("headers") or {}) | headers, body)


def problem_response(status: int, code: str, detail: str, headers: Headers | None = None) -> HttpResponse:
    title = code.replace("_", " ")
    problem = {"type": config.problem_url(code), "title": title, "status": status, "detail": detail, "code": code}
    common_headers = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"}
    body = json.dumps(problem, separators=(",", ":")).encode()
    return HttpResponse(status, common_headers | (headers or {}), body)


LAMBDA_CONTEXT = SimpleNamespace(
    function_name="satukanal-api",
    function_version="$LATEST",
    memory_limit_in_mb=512,
    aws_request_id="local",
    get_remaining_time_in_millis=lambda: 29_000,
)


@cache
def gateway() -> Gateway:
    """The worker's gateway. It is created at the first request, because app.py reads the environment."""
    from app import app

    return Gateway(app)


def handle_request(request: HttpRequest) -> HttpResponse:
    if request.path.startswith(("/api/", *ROOT_PREFIXES)):
        return gateway().call(request)
    if request.method not in ("GET", "HEAD"):
        return problem_response(405, "method_not_allowed", "Pages support GET and HEAD.", {"Allow": "GET, HEAD"})
    if request.path in ("/phones", "/phones/"):
        phones_page = phones.render_page()
        return HttpResponse(200, phones.build_headers(phones_page), phones_page.encode())
    if request.path == "/phones/refresh.js":
        return HttpResponse(200, phones.SCRIPT_HEADERS, phones.SCRIPT.read_bytes())
    page = site.find_page(request.path, request.headers) or site.not_found_page(request.path, request.headers)
    return HttpResponse(*page) if page else problem_response(404, "not_found", "There is no such page.")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    request = read_request(environ)
    response = handle_request(request)
    headers = response.headers | {"X-Request-Id": request.request_id, "Content-Length": str(len(response.body))}
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", list(headers.items()))
    return [b"" if request.method == "HEAD" else response.body]


def read_request(environ: dict[str, Any]) -> HttpRequest:
    """The request of a WSGI environment, with the caller's `X-Request-Id` or a new one."""
    headers = {name[5:].lower().replace("_", "-"): value for name, value in environ.items() if name[:5] == "HTTP_"}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.lower().replace("_", "-")] = environ[name]
    return HttpRequest(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"].encode("latin-1", "replace").decode("utf-8", "replace"),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=environ["wsgi.input"].read(MAX_BODY_BYTES + 1),  # one byte more shows that the body is too large
        client_address=environ.get("REMOTE_ADDR", ""),
        request_id=headers.get("x-request-id", "")[:MAX_REQUEST_ID_LENGTH] or str(uuid.uuid4()),
    )

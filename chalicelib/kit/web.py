"""HTTP endpoints: roles, bodies validated by a closed schema, JSON responses, and refusals as RFC 9457 problems.

A package writes `endpoints = Routes(__name__)` and `@endpoints.post("/orders", body=...)`; kit/policy.py says who may
call it. The view gets a `Call`, and the parts of the path by name. openapi.json is built from the same declarations.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from chalice.app import Blueprint, Response
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit import auth, compact_json, config, idempotency, log, policy
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.errors import Declined, Forbidden, Invalid, NotFound, NotSignedIn, Problem, Refused, Unavailable
from chalicelib.kit.unreadable_texts import find_unreadable
from chalicelib.kit.validation_texts import describe_error

MAX_BODY_BYTES = 256 * 1024
PATH_PART = re.compile(r"[A-Za-z0-9@._:~+-]{1,128}")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")  # a UUID
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{16,128}")

View = Callable[..., Any]


class Body(BaseModel):
    """Base class of JSON bodies. Unknown fields and values of another type (`true` for 1, "2" for 2) are refused.

    A text is not only blanks and has no invisible characters.

    A schema is built when it is first used, because a cold start needs one of eighty.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @field_validator("*")
    @classmethod
    def refuse_unreadable_texts(cls, value: Any) -> Any:
        for text in list_texts(value):
            if reason := find_unreadable(text):
                raise ValueError(reason)
        return value


def list_texts(value: Any) -> Iterator[str]:
    """Yield the texts of a value: itself, or those of a list or an object. Nested bodies check their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for text in list_texts(item))
    elif isinstance(value, (list, tuple)):
        yield from (text for item in value for text in list_texts(item))


JSON_PATTERNS: dict[Any, re.Pattern[str]] = {
    int: re.compile(r"-?(0|[1-9][0-9]*)"),
    int | None: re.compile(r"-?(0|[1-9][0-9]*)"),
    bool: re.compile(r"true|false"),
    date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    date | None: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


class Query(BaseModel):
    """Base class of query strings. Unknown fields are refused, and values must be written as in JSON.

    Pydantic alone would accept `yes` for true, `1_0` for ten and `0` for a day in 1970.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def require_json_notation(cls, value: Any, info: ValidationInfo) -> Any:
        kind = JSON_PATTERNS.get(cls.model_fields[str(info.field_name)].annotation or str)
        if kind and isinstance(value, str) and not kind.fullmatch(value):
            raise PydanticCustomError("not_plain", "write it as in JSON: 12, true, 2026-11-22")
        return value


class Unreadable(Invalid):
    """The body is not JSON, or a required header is missing: status 400, where other invalid requests are 422."""


class TooLarge(Invalid):
    message = "The body is over {limit} bytes; send less at once."


@dataclass(frozen=True)
class Call:
    """A validated request, as a view gets it."""

    principal: Principal
    body: Any = None
    query: Any = None
    idempotency_key: idempotency.IdempotencyKey | None = None  # set if the endpoint is `idempotent`
    raw: bytes = b""
    headers: Any = None
    network_id: str = ""  # see `auth.network_id`


@dataclass(frozen=True)
class ApiResponse:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """The declaration of one endpoint."""

    method: str
    path: str
    roles: frozenset[str]
    view: View
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    response: Any = None  # a pydantic model or a JSON schema of the 2xx body, for openapi.json
    status: int = 200
    idempotent: bool = False
    idempotent_when: Callable[[Any], bool] | None = None  # the bodies that need a key; by default all
    idempotency_scope: str = ""  # the endpoint whose keys this one reads, if not its own
    max_bytes: int = MAX_BODY_BYTES
    example: Any = None
    media_type: str = "application/json"  # of the 2xx body
    request_content: Any = None  # for bodies other than JSON: OpenAPI content objects by media type

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Routes(Blueprint):
    """A Chalice blueprint that wraps every view, so that a raised Problem becomes an HTTP response.

    Chalice turns unknown exceptions into a 500 before middleware sees them, so middleware cannot do this.
    """

    registered: ClassVar[list[Endpoint]] = []

    def endpoint(self, method: str, path: str, **options: Any) -> Callable[[View], View]:
        """Register a view. The options are the fields of Endpoint. Raises LookupError without a row in kit/policy.py.

        `idempotent=True` requires an Idempotency-Key header, with `idempotent_when` only for bodies for which that is
        true; `status` is used when the view returns a bare body.
        """

        def register(view: View) -> View:
            summary = " ".join((view.__doc__ or view.__name__).split())
            roles = frozenset(policy.grants_of(f"{method} {path}"))
            endpoint = Endpoint(method, path, roles, view, summary, **options)
            Routes.registered.append(endpoint)

            def handle(**parts: str) -> Response:
                return serve(endpoint, self.current_request, parts)

            handle.__name__ = f"{method.lower()}_{view.__name__}"
            self.route(path, methods=[method], content_types=["*/*", "application/json"], name=handle.__name__)(handle)
            return view

        return register

    def get(self, path: str, **options: Any) -> Callable[[View], View]:
        return self.endpoint("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[View], View]:
        return self.endpoint("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[View], View]:
        return self.endpoint("PUT", path, **options)


def serve(endpoint: Endpoint, request: Any, parts: dict[str, str]) -> Response:
    """Return the response to a request; its log lines and journal entries get API Gateway's request id."""
    with log.request_scope(read_request_id(request.context)):
        return serve_in_scope(endpoint, request, parts)


def read_request_id(context: Mapping[str, Any]) -> str:
    """Return the request's id, or a new one: API Gateway takes the id from a caller's header, so it can be any text."""
    request_id = str(context.get("requestId") or "")
    return request_id if REQUEST_ID.fullmatch(request_id) else uuid.uuid4().hex


def serve_in_scope(endpoint: Endpoint, request: Any, parts: dict[str, str]) -> Response:
    try:
        response = build_response(endpoint, call_view(endpoint, request, parts))
        log.info("request_served", endpoint=endpoint.name, status=response.status_code)
        return response
    except idempotency.Replay as replay:
        log.info("request_replayed", endpoint=endpoint.name, status=200)
        return build_response(endpoint, ApiResponse(replay.answer, status=200))
    except Problem as problem:
        status = status_of(problem)
        log.info("request_refused", endpoint=endpoint.name, code=problem.code, status=status)
        return problem_to_response(problem, status)
    except Exception as error:
        log.error("endpoint_failed", endpoint=endpoint.name, exception=type(error).__name__)
        return build_problem_response(500, "bug", "Something broke on our side; it has been written down.", {})


def call_view(endpoint: Endpoint, request: Any, parts: dict[str, str]) -> Any:
    headers = request.headers
    query = request.query_params or {}
    principal = authorize(endpoint, read_principal(headers, query))
    if not all(PATH_PART.fullmatch(part) for part in parts.values()):
        raise NotFound()
    raw = read_raw_body(request, endpoint.max_bytes)
    body = read_body(endpoint, raw)
    network_id = auth.network_id(request.context["identity"]["sourceIp"])  # headers that name it can be forged
    call = Call(principal, body, read_query(endpoint, query), raw=raw, headers=headers, network_id=network_id)
    if endpoint.idempotent and (endpoint.idempotent_when is None or endpoint.idempotent_when(body)):
        content = body if body is not None else parts
        call = replace(call, idempotency_key=read_idempotency_key(endpoint, principal, headers, content, parts))
    return endpoint.view(call, **parts)


def read_principal(headers: Any, query: Any) -> Principal:
    bearer = headers.get("authorization", "")
    if bearer:
        scheme, _, token = bearer.partition(" ")
        if scheme.lower() != "bearer":
            raise NotSignedIn()
        return _load_principal(auth.read_staff_token(token.strip()))
    if query.get("token"):
        return Principal(role="customer", token=query["token"][:200])
    return ANYONE


def principal_from_claims(claims: dict[str, Any]) -> Principal:
    """Return the principal with the role and id of the staff token itself."""
    return Principal(role=claims["role"], id=claims["id"])


_load_principal: Callable[[dict[str, Any]], Principal] = principal_from_claims


def use_principal_loader(load: Callable[[dict[str, Any]], Principal]) -> None:
    """Set the function that returns the principal of a staff token's claims.

    app.py sets one that reads the staff list, so that a revoked role is gone within a minute.
    """
    global _load_principal
    _load_principal = load


def authorize(endpoint: Endpoint, principal: Principal) -> Principal:
    """Return the principal with what its role reaches at this endpoint. Raises NotSignedIn or Forbidden."""
    relations = policy.relations_of(principal.role, endpoint.name)
    if not relations:
        raise NotSignedIn() if principal.role in ("anyone", "customer") else Forbidden()
    return replace(principal, relations=relations)


def read_raw_body(request: Any, max_bytes: int) -> bytes:
    try:
        raw: bytes = request.raw_body
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise Unreadable(("", "the body is not readable as bytes")) from error
    if len(raw) > max_bytes:
        raise TooLarge(limit=max_bytes)
    return raw


def read_body(endpoint: Endpoint, raw: bytes) -> Any:
    if endpoint.body is None:
        return None
    try:
        return endpoint.body.model_validate_json(raw)
    except ValidationError as error:
        raise validation_error_to_invalid(error) from error


def read_query(endpoint: Endpoint, query: Any) -> Any:
    parameters = {name: query[name] for name in query if name != "token"}
    try:
        return (endpoint.query or Query).model_validate(parameters)
    except ValidationError as error:
        raise validation_error_to_invalid(error) from error


def validation_error_to_invalid(error: ValidationError) -> Invalid:
    problems = error.errors(include_url=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        return Unreadable(("", f"the body is not JSON: {problems[0]['msg'].removeprefix('Invalid JSON: ')}"))
    return Invalid(*((".".join(map(str, problem["loc"])), describe_error(problem)) for problem in problems[:20]))


def read_idempotency_key(
    endpoint: Endpoint, principal: Principal, headers: Any, body: Any, parts: dict[str, str]
) -> idempotency.IdempotencyKey:
    key = headers.get("idempotency-key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise Unreadable(("Idempotency-Key", "send this header: 16 to 128 characters, the same on every retry"))
    content = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    caller = principal.actor if not principal.token else auth.order_token_hash(principal.token)
    scope = endpoint.idempotency_scope or endpoint.name
    return idempotency.build_idempotency_key(caller, scope, key, {"body": content, "path": parts})


def build_response(endpoint: Endpoint, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    response = result if isinstance(result, ApiResponse) else ApiResponse(result, status=endpoint.status)
    body = response.body if isinstance(response.body, (str, bytes)) else value_to_json(response.body)
    headers = SECURITY_HEADERS | STATUS_HEADERS.get(response.status, {}) | response.headers
    return Response(body, status_code=response.status, headers=dict(headers))


SECURITY_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # JSON loads nothing
    "Strict-Transport-Security": "max-age=31536000",
}
# Headers of these statuses, also on HTML pages.
STATUS_HEADERS = {503: {"Retry-After": "1"}, 401: {"WWW-Authenticate": "Bearer"}}


def value_to_json(value: Any) -> str:
    return compact_json.dumps(value)


def html_response(html: str, status: int = 200) -> ApiResponse:
    """Return a page served by the API; its policy allows its own styles and forms to the same origin, nothing else."""
    policy = (
        f"default-src 'none'; style-src {hash_styles(html)}; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'"
    )
    return ApiResponse(html, status, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy})


def hash_styles(html: str) -> str:
    """Return the sources of a `style-src` that allows exactly the page's `<style>` elements."""
    digests = [hashlib.sha256(style.encode()).digest() for style in re.findall(r"<style>(.*?)</style>", html, re.S)]
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"


def page_to_json(items: list[Any], after: dict[str, Any] | None, list_name: str) -> dict[str, Any]:
    """Return `{"items": […], "next": cursor or null}`; a cursor is valid only for the list with this name."""
    return {"items": items, "next": auth.sign(f"cursor:{list_name}", after) if after else None}


def read_cursor(text: str | None, list_name: str) -> dict[str, Any] | None:
    """Return the position of a cursor, or None for the first page. Raises Invalid for a cursor of another list."""
    if not text:
        return None
    after = auth.unsign(f"cursor:{list_name}", text)
    if not isinstance(after, dict):
        raise Invalid(("cursor", "is not a cursor of this list; start again without it"))
    return after


def with_etag(call: Call, body: Any) -> ApiResponse:
    """Return the body with an ETag, or 304 without a body if the caller has the same response already."""
    text = value_to_json(body)
    etag = '"' + hashlib.sha256(text.encode()).hexdigest()[:16] + '"'
    if call.headers.get("if-none-match") == etag:
        return ApiResponse("", 304, {"ETag": etag, "Cache-Control": "private, no-cache"})
    return ApiResponse(text, 200, {"ETag": etag, "Cache-Control": "private, no-cache"})


# The first match counts. kit/errors.py describes the tree of classes.
STATUS_BY_PROBLEM: list[tuple[type[Problem], int]] = [
    (TooLarge, 413),
    (Unreadable, 400),
    (Invalid, 422),
    (NotSignedIn, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Declined, 402),
    (Unavailable, 503),
    (Refused, 409),
    (Problem, 500),
]


def status_of(problem: Problem) -> int:
    return next(status for kind, status in STATUS_BY_PROBLEM if isinstance(problem, kind))


# Members of RFC 9457, our `code`, and the part of a message that `errors` has field by field.
RESERVED_MEMBERS = {"type", "title", "status", "detail", "instance", "code", "summary"}


def problem_to_response(problem: Problem, status: int) -> Response:
    return build_problem_response(status, problem.code, problem.detail, problem.facts)


def build_problem_response(status: int, code: str, detail: str, facts: dict[str, Any]) -> Response:
    members = {"type": config.problem_url(code), "title": code.replace("_", " "), "status": status, "detail": detail}
    members |= {"code": code}
    body = members | {name: fact for name, fact in facts.items() if name not in RESERVED_MEMBERS}
    headers = SECURITY_HEADERS | {"Content-Type": "application/problem+json"} | STATUS_HEADERS.get(status, {})
    return Response(
        json.dumps(body, default=_fact_to_json, separators=(",", ":")), status_code=status, headers=dict(headers)
    )


def _fact_to_json(fact: Any) -> Any:
    return fact.to_json() if hasattr(fact, "to_json") else str(fact)


def decode_base64(text: str) -> bytes:
    """Return the bytes of Base64 text. Raises Invalid."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Invalid(("", "is not base64")) from error

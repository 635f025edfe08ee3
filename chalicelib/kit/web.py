"""Thin HTTP doors: who may enter, the body read by a closed schema, the answer as JSON, a refusal as RFC 9457.

A room writes `doors = Routes(__name__)` and `@doors.post("/orders", who=..., body=...)`; the view gets a `Call` and the
path's parts by name. Everything a door declares is also what openapi.json says of it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

from chalice.app import Blueprint, Response
from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chalicelib.kit import auth, compact_json, idempotency, log
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.errors import Declined, Forbidden, Invalid, NotFound, NotSignedIn, Problem, Refused, Unavailable

MAX_BODY_BYTES = 256 * 1024
EVERYONE = frozenset({"anyone"})
CUSTOMER = frozenset({"customer"})  # whoever holds the order's token; the room's own gate checks which order
STAFF = auth.STAFF
PATH_PART = re.compile(r"[A-Za-z0-9@._:~+-]{1,128}")
IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{16,128}")

View = Callable[..., Any]


class Body(BaseModel):
    """Closed and strict: an unknown field, `true` for 1 or "2" for 2 is refused, never guessed at. Each is
    built when it is first read, for a function that wakes up needs one of eighty."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


JSON_PATTERNS = {
    int: re.compile(r"-?(0|[1-9][0-9]*)"),
    bool: re.compile(r"true|false"),
    date: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}


class Query(BaseModel):
    """Query strings: text on the wire, closed all the same, and read as JSON would write it: pydantic alone takes
    `yes` for true, `1_0` for ten and `0` for a day in 1970."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @field_validator("*", mode="before")
    @classmethod
    def require_json_notation(cls, said: Any, info: ValidationInfo) -> Any:
        kind = JSON_PATTERNS.get(cls.model_fields[str(info.field_name)].annotation or str)
        if kind and isinstance(said, str) and not kind.fullmatch(said):
            raise PydanticCustomError("not_plain", "write it as JSON does: 12, true, 2026-11-22")
        return said


class Unreadable(Invalid):
    """400 where other invalid bodies are 422: this is not even JSON, or a header it needs is missing."""


class TooLarge(Invalid):
    message = "The body is over {limit} bytes; send less at once."


@dataclass(frozen=True)
class Call:
    principal: Principal
    body: Any = None
    query: Any = None
    idempotency_key: idempotency.IdempotencyKey | None = None  # set at doors that are `keyed`
    raw: bytes = b""
    headers: Any = None
    location: str | None = None
    network_id: str = ""  # see `auth.caller`


@dataclass(frozen=True)
class ApiResponse:
    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
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
    max_bytes: int = MAX_BODY_BYTES
    example: Any = None
    media_type: str = "application/json"  # of the 2xx body
    request_content: Any = None  # media types of a body that is no JSON, each with its content object of openapi.json

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class Routes(Blueprint):
    """A Chalice blueprint whose views may refuse: Chalice turns every exception it does not know into a 500 before
    middleware sees it, so the mapping to HTTP has to stand around the view itself."""

    registered: ClassVar[list[Endpoint]] = []

    def endpoint(self, method: str, path: str, *, roles: Iterable[str], **said: Any) -> Callable[[View], View]:
        """`keyed=True` asks for an Idempotency-Key; `status` is the answer's when the view returns a bare body."""

        def register(view: View) -> View:
            words = " ".join((view.__doc__ or view.__name__).split())
            door = Endpoint(method, path, frozenset(roles), view, words, **said)
            Routes.registered.append(door)

            def answer(**parts: str) -> Response:
                return serve(door, self.current_request, parts)

            answer.__name__ = f"{method.lower()}_{view.__name__}"
            self.route(path, methods=[method], content_types=["*/*", "application/json"], name=answer.__name__)(answer)
            return view

        return register

    def get(self, path: str, **said: Any) -> Callable[[View], View]:
        return self.endpoint("GET", path, **said)

    def post(self, path: str, **said: Any) -> Callable[[View], View]:
        return self.endpoint("POST", path, **said)

    def put(self, path: str, **said: Any) -> Callable[[View], View]:
        return self.endpoint("PUT", path, **said)


def serve(door: Endpoint, request: Any, parts: dict[str, str]) -> Response:
    try:
        return build_response(door, call_view(door, request, parts))
    except idempotency.Replay as done:
        return build_response(door, ApiResponse(done.answer, status=200))
    except Problem as problem:
        status = status_of(problem)
        log.info("refused", door=door.name, code=problem.code, status=status)
        return problem_to_response(problem, status)
    except Exception as bug:
        log.error("a bug answered 500", door=door.name, exception=type(bug).__name__)
        return build_problem_response(500, "bug", "Something broke on our side; it has been written down.", {})


def call_view(door: Endpoint, request: Any, parts: dict[str, str]) -> Any:
    headers = request.headers
    query = request.query_params or {}
    principal = read_principal(headers, query)
    authorize(door, principal)
    if not all(PATH_PART.fullmatch(part) for part in parts.values()):
        raise NotFound()
    raw = read_raw_body(request, door.max_bytes)
    body = read_body(door, raw)
    caller = auth.network_id(request.context["identity"]["sourceIp"])  # what a header says of it, anybody can write
    call = Call(principal, body, read_query(door, query), raw=raw, headers=headers, network_id=caller)
    if door.idempotent:
        call = replace(
            call,
            idempotency_key=read_idempotency_key(door, principal, headers, body if body is not None else parts, parts),
        )
    return door.view(call, **parts)


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
    """The role and id that a staff token itself names."""
    return Principal(role=claims["role"], id=claims["id"])


_load_principal: Callable[[dict[str, Any]], Principal] = principal_from_claims


def use_principal_loader(load: Callable[[dict[str, Any]], Principal]) -> None:
    """From now on `load` says who the bearer of a staff token is. The app gives the staff list's answer, so that a role
    taken away is gone within a minute."""
    global _load_principal
    _load_principal = load


def authorize(door: Endpoint, principal: Principal) -> None:
    if "anyone" in door.roles or principal.role in door.roles:
        return
    raise NotSignedIn() if principal.role in ("anyone", "customer") else Forbidden()


def read_raw_body(request: Any, most: int) -> bytes:
    try:
        raw: bytes = request.raw_body
    except (ValueError, binascii.Error, UnicodeError) as error:
        raise Unreadable(("", "the body is not readable as bytes")) from error
    if len(raw) > most:
        raise TooLarge(limit=most)
    return raw


def read_body(door: Endpoint, raw: bytes) -> Any:
    if door.body is None:
        return None
    try:
        return door.body.model_validate_json(raw)
    except ValidationError as error:
        raise validation_error_to_invalid(error) from error


def read_query(door: Endpoint, query: Any) -> Any:
    given = {name: query[name] for name in query if name != "token"}
    try:
        return (door.query or Query).model_validate(given)
    except ValidationError as error:
        raise validation_error_to_invalid(error) from error


def validation_error_to_invalid(error: ValidationError) -> Invalid:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    listed = [(".".join(map(str, each["loc"])), each["msg"]) for each in found[:20]]
    if found[0]["type"] == "json_invalid":
        return Unreadable(("", f"the body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}"))
    return Invalid(*listed)


def read_idempotency_key(
    door: Endpoint, principal: Principal, headers: Any, body: Any, parts: dict[str, str]
) -> idempotency.IdempotencyKey:
    key = headers.get("idempotency-key", "")
    if not IDEMPOTENCY_KEY.fullmatch(key):
        raise Unreadable(("Idempotency-Key", "send this header, 16 to 128 characters, the same one on every retry"))
    said = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
    caller = principal.actor if not principal.token else auth.order_token_hash(principal.token)
    return idempotency.build_idempotency_key(caller, door.name, key, {"said": said, "at": parts})


def build_response(door: Endpoint, said: Any) -> Response:
    if isinstance(said, Response):
        return said
    answer = said if isinstance(said, ApiResponse) else ApiResponse(said, status=door.status)
    body = answer.body if isinstance(answer.body, (str, bytes)) else value_to_json(answer.body)
    headers = SECURITY_HEADERS | STATUS_HEADERS.get(answer.status, {}) | answer.headers
    return Response(body, status_code=answer.status, headers=dict(headers))


SECURITY_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # an answer is data, whoever opens it
    "Strict-Transport-Security": "max-age=31536000",
}
# What these answers always say, as a page too.
STATUS_HEADERS = {503: {"Retry-After": "1"}, 401: {"WWW-Authenticate": "Bearer"}}


def value_to_json(value: Any) -> str:
    return compact_json.dumps(value)


def html_response(html: str, status: int = 200) -> ApiResponse:
    """A small page served by the API itself; it may load and run nothing but a form back to us."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return ApiResponse(html, status, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy})


def page_to_json(items: list[Any], after: dict[str, Any] | None, list_name: str) -> dict[str, Any]:
    """`{"items": […], "next": cursor or null}`; the cursor opens only the list it came from."""
    return {"items": items, "next": auth.sign(f"cursor:{list_name}", after) if after else None}


def read_cursor(text: str | None, list_name: str) -> dict[str, Any] | None:
    if not text:
        return None
    after = auth.unsign(f"cursor:{list_name}", text)
    if not isinstance(after, dict):
        raise Invalid(("cursor", "is not one that this list gave; start again without it"))
    return after


def with_etag(call: Call, body: Any) -> ApiResponse:
    """With an ETag; 304 without a body when the caller has this very answer already."""
    text = value_to_json(body)
    tag = '"' + hashlib.sha256(text.encode()).hexdigest()[:16] + '"'
    if call.headers.get("if-none-match") == tag:
        return ApiResponse("", 304, {"ETag": tag, "Cache-Control": "private, no-cache"})
    return ApiResponse(text, 200, {"ETag": tag, "Cache-Control": "private, no-cache"})


# First match wins; the tree is drawn in kit/errors.py.
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


def problem_to_response(problem: Problem, status: int) -> Response:
    return build_problem_response(status, problem.code, problem.detail, problem.facts)


def build_problem_response(status: int, code: str, detail: str, facts: dict[str, Any]) -> Response:
    said = {"type": f"/problems/{code}", "title": code.replace("_", " "), "status": status, "detail": detail}
    said |= {"code": code} | {name: fact for name, fact in facts.items() if name != "summary"}
    headers = SECURITY_HEADERS | {"Content-Type": "application/problem+json"} | STATUS_HEADERS.get(status, {})
    return Response(
        json.dumps(said, default=_fact_to_json, separators=(",", ":")), status_code=status, headers=dict(headers)
    )


def _fact_to_json(fact: Any) -> Any:
    return fact.to_json() if hasattr(fact, "to_json") else str(fact)


def decode_base64(text: str) -> bytes:
    """Base64 from a body, or Invalid."""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise Invalid(("", "is not base64")) from error

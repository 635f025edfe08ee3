"""Endpoints of sign-in: request and confirm a code, list and end one's own sessions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.kit import clock, ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.email_addresses import Email
from chalicelib.kit.errors import Invalid
from chalicelib.kit.phone_numbers import Phone
from chalicelib.kit.web import Body, Call, Routes
from chalicelib.places.find import check_location_exists
from chalicelib.places.model import Staff
from chalicelib.sessions import store
from chalicelib.sessions.devices import describe_device
from chalicelib.sessions.end_session import end_session, sign_out
from chalicelib.sessions.invite import invite, staff_to_json
from chalicelib.sessions.model import Device, Identity, Session, WrongSignInCode
from chalicelib.sessions.request_code import Origin, request_code
from chalicelib.sessions.sign_in import find_newest_attempt, sign_in

endpoints = Routes(__name__)

Token = Annotated[str, Field(max_length=300)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class SignInBody(Body):
    """Send `phone` or `email`; `device` is the token that an earlier sign-in on this device returned."""

    phone: Phone = ""
    email: Email = ""
    device: Token = ""


class ConfirmSignInBody(Body):
    """Send `attempt`, or the `phone` or `email` of the newest attempt from this device or network."""

    attempt: Annotated[str, Field(pattern="^(att_[0-9A-Z]{26})?$")] = ""
    phone: Phone = ""
    email: Email = ""
    code: Code
    device: Token = ""


class InvitationBody(Body):
    """Send `phone`, `email` or both: the person signs in with one of them."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    role: Literal["owner", "cashier", "salesman", "agent", "warehouse", "courier", "finance"]
    phone: Phone = ""
    email: Email = ""
    location: Annotated[str, Field(max_length=64)] = ""
    language: Literal["id", "en"] = "id"


@endpoints.post(
    "/staff",
    body=InvitationBody,
    idempotent=True,
    status=201,
    example={"name": "Sinta Dewi", "role": "cashier", "phone": "+6281230000077"},
)
def invite_staff(call: Call) -> dict[str, Any]:
    """Invite a new member of staff: they get a message with a link to the desk and sign in there with a code."""
    body = call.body
    if not (body.phone or body.email):
        raise Invalid(("phone", "send a phone number or an e-mail address, to sign in with"))
    check_location_exists(body.location)
    scope = call.idempotency_key.scope if call.idempotency_key else ""
    member = Staff(ids.derive("stf", scope), **body.model_dump())
    invite(member, call.principal.actor, call.idempotency_key)
    return staff_to_json(member)


@endpoints.post("/sign-in", body=SignInBody, status=202, example={"phone": "+6281100000003"})
def request_sign_in_code(call: Call) -> dict[str, Any]:
    """Send a sign-in code to a member of staff. The response is the same for a phone or e-mail of nobody."""
    attempt = request_code(_read_identity(call.body), _read_origin(call))
    return {"attempt": attempt.id, "expires_at": clock.iso(attempt.expires_at)}


@endpoints.post(
    "/sign-in/confirm",
    body=ConfirmSignInBody,
    status=201,
    example={"attempt": "att_01KB", "code": "654321"},
)
def confirm_sign_in(call: Call) -> dict[str, Any]:
    """Sign in with the code: returns the token of a session on this device. Five wrong codes end the attempt."""
    body = call.body
    attempt_id = body.attempt or find_newest_attempt(_read_identity(body), _read_origin(call))
    if not attempt_id:
        raise WrongSignInCode()
    device = Device(describe_device(call.headers.get("user-agent", "")), call.network_id)
    signed_in = sign_in(attempt_id, body.code.replace(" ", ""), device)
    return {
        "token": signed_in.token,
        "device": signed_in.device_token,
        "expires_at": clock.iso(signed_in.session.expires_at(signed_in.staff.role)),
        "staff": _staff_to_json(signed_in.staff),
    }


@endpoints.post("/sign-out")
def sign_out_device(call: Call) -> dict[str, Any]:
    """End the session of this device."""
    sign_out(call.principal)
    return {"signed_out": True}


@endpoints.get("/sessions")
def list_sessions(call: Call) -> dict[str, Any]:
    """List the caller's own signed-in devices, the one used last first."""
    caller, now = call.principal, clock.now()
    sessions = [item for item in store.load_sessions(caller.id) if now < item.expires_at(caller.role)]
    sessions.sort(key=lambda session: session.used_at, reverse=True)
    return {"items": [_session_to_json(session, caller, call.network_id) for session in sessions], "next": None}


@endpoints.endpoint("DELETE", "/sessions/{session_id}")
def revoke_session(call: Call, session_id: str) -> dict[str, Any]:
    """End one of the caller's own sessions; its token is refused from the next request on."""
    end_session(call.principal, session_id)
    return {"id": session_id, "signed_out": True}


def _read_identity(body: Any) -> Identity:
    """Return the identity of a body. Raises Invalid unless it has exactly one."""
    if bool(body.phone) == bool(body.email):
        raise Invalid(("phone", "send either a phone number or an e-mail address"))
    return Identity("phone", body.phone) if body.phone else Identity("email", body.email)


def _read_origin(call: Call) -> Origin:
    return Origin(call.network_id, call.body.device)


def _staff_to_json(staff: Staff) -> dict[str, Any]:
    return {"id": staff.id, "role": staff.role, "name": staff.name, "location": staff.location or None}


def _session_to_json(session: Session, caller: Principal, network_id: str) -> dict[str, Any]:
    return {
        "id": session.id,
        "device": session.device.name or None,
        "is_current": session.id == caller.session,
        "network": "this" if session.device.network_id == network_id else "another",
        "created_at": clock.iso(session.created_at),
        "used_at": clock.iso(session.used_at),
        "expires_at": clock.iso(session.expires_at(caller.role)),
    }

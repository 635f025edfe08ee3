"""Doors to orders that exist; placing one is a channel's business."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.catalog.model import CHANNELS
from chalicelib.customers import verify
from chalicelib.customers.model import CODE_LIFETIME
from chalicelib.kit import clock, config, files
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.kit.idempotency import Replay, check_repeat
from chalicelib.kit.web import CUSTOMER, STAFF, Body, Call, Query, Routes, decode_base64, page_to_json, read_cursor
from chalicelib.orders import cancel, confirm_payment, draft, find, link, order_json
from chalicelib.orders.command import Tender
from chalicelib.orders.model import Order
from chalicelib.payments.model import Payment
from chalicelib.payments.store import find_payment, load_payments

endpoints = Routes(__name__)
Reason = Annotated[str, StringConstraints(min_length=2, max_length=200)]
PAYMENT_ROLES = {"owner", "finance", "cashier", "agent"}
PROOF_KEY_PREFIX = "proofs/"


class CancelBody(Body):
    reason: Reason


class ProofBody(Body):
    """A transfer's reference, a picture of the receipt (base64 of a JPEG, PNG or PDF), or both."""

    reference: Annotated[str, StringConstraints(max_length=100)] = ""
    picture: Annotated[str, StringConstraints(max_length=250_000)] = ""


class RejectBody(Body):
    reason: Reason


class PayBody(Body):
    """`cash` at a counter for an order that waits for a transfer; any method for a draft."""

    method: Literal["cash", "transfer", "cod", "credit"]


class ListQuery(Query):
    channel: Annotated[str, Field(max_length=20)] = ""
    day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    location: Annotated[str, Field(max_length=64)] = ""
    customer: Annotated[str, Field(max_length=64)] = ""
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


def order_to_response(principal: Principal, order: Order, payments: list[Payment]) -> dict[str, Any]:
    said = order_json.order_to_json(order, payments)
    return said if principal.is_staff or principal.role == "channel" else order_json.redact_for_customer(said)


class RequestCodeBody(Body):
    order: Annotated[str, Field(pattern=r"^[A-Za-z0-9@._:~+-]{1,128}$")]
    identity: Literal["phone", "email"]


class ConfirmCodeBody(RequestCodeBody):
    code: Annotated[str, Field(pattern="^[0-9]{6}$")]


@endpoints.get("/orders/{order_id}", roles=STAFF | CUSTOMER | {"channel"})
def show_order(call: Call, order_id: str) -> dict[str, Any]:
    """Show one order or draft to its customer or to staff."""
    try:
        order = find.load_order(call.principal, order_id)
    except NotFound:
        return draft.draft_to_json(draft.load_draft(call.principal, order_id))
    return order_to_response(call.principal, order, load_payments(order.payment_ids))


@endpoints.get("/orders/{order_id}/history", roles=STAFF)
def list_order_history(call: Call, order_id: str) -> dict[str, Any]:
    """Show everything that ever happened to an order: who, when, what, and what it moved."""
    find.load_order(call.principal, order_id)
    return {"items": find.list_order_events(order_id), "next": None}


@endpoints.get("/orders", roles=STAFF, query=ListQuery)
def list_orders(call: Call) -> dict[str, Any]:
    """List a day's or a customer's orders, newest first."""
    asked: ListQuery = call.query
    if asked.channel and asked.channel not in CHANNELS:
        raise Invalid(("channel", f"is none of {', '.join(CHANNELS)}"))
    if asked.customer:
        name = f"orders of {asked.customer}"
        found, after = find.list_orders_of_customer(asked.customer, asked.limit, read_cursor(asked.cursor, name))
    else:
        day = asked.day or clock.day_of(clock.now(), config.zone()).isoformat()
        name = f"orders {day} {asked.channel}"
        before = (read_cursor(asked.cursor, name) or {}).get("before")
        found, last = find.list_orders_of_day(day, asked.channel, asked.limit, before)
        after = {"before": last} if last else None
    kept = [order for order in found if asked.location in ("", order.location)]
    return page_to_json(order_json.orders_to_summaries(kept), after, name)


@endpoints.post("/orders/{order_id}/link", roles={"owner", "agent", "cashier", "salesman"}, idempotent=True)
def renew_link(call: Call, order_id: str) -> dict[str, Any]:
    """Send the customer a new link to his order; every link he had before ends."""
    return link.renew(call.principal, order_id, call.idempotency_key)


@endpoints.post(
    "/orders/{order_id}/cancel",
    roles=CUSTOMER | {"owner", "agent", "cashier", "salesman"},
    body=CancelBody,
    example={"reason": "changed_my_mind"},
)
def cancel_order(call: Call, order_id: str) -> dict[str, Any]:
    """End an order before its goods leave; money that came in is owed back."""
    order, payments = cancel.cancel(call.principal, order_id, call.body.reason)
    return order_to_response(call.principal, order, payments)


@endpoints.post(
    "/orders/{order_id}/payments",
    roles=CUSTOMER | {"owner", "cashier", "agent", "salesman"},
    body=PayBody,
    idempotent=True,
    example={"method": "transfer"},
)
def pay(call: Call, order_id: str) -> dict[str, Any]:
    """Choose how to pay a draft, or pay a waiting order in cash at the counter."""
    try:
        if draft.find_draft(order_id) is not None:
            return order_json.redact_for_customer(pay_draft(call, order_id))
        if call.body.method == "cash" and call.principal.is_staff:
            return pay_in_cash(call, order_id)
        check_repeat(call.idempotency_key)  # it was a draft until this very request, whose answer was lost
        find.load_order(call.principal, order_id)
    except Replay as done:
        return order_json.redact_for_customer(done.answer)
    raise Invalid(("method", "a waiting order is paid by transfer with proof, or in cash to a cashier"))


def pay_in_cash(call: Call, order_id: str) -> dict[str, Any]:
    try:
        return order_to_response(
            call.principal, *confirm_payment.pay_in_cash(call.principal, order_id, call.idempotency_key)
        )
    except Replay as done:
        return done.answer


def pay_draft(call: Call, order_id: str) -> dict[str, Any]:
    waiting = draft.load_draft_to_submit(call.principal, order_id, call.idempotency_key)
    if call.body.method not in ("transfer", "cod") and not call.principal.is_staff:
        raise Invalid(("method", "pay a draft by transfer or on delivery"))
    return draft.submit(waiting, call.idempotency_key, [Tender(call.body.method)])


@endpoints.post(
    "/payments/{payment_id}/proof",
    roles=CUSTOMER | {"owner", "agent", "cashier", "finance"},
    body=ProofBody,
    example={"reference": "TRF 20261122 091500"},
)
def submit_proof(call: Call, payment_id: str) -> dict[str, Any]:
    """Say that the money was sent, with a reference or a picture of the receipt."""
    said: ProofBody = call.body
    if not (said.reference or said.picture):
        raise Invalid(("reference", "send the transfer's reference, or a picture of the receipt"))
    if said.reference.startswith(
        PROOF_KEY_PREFIX
    ):  # or whoever looks at it would be shown that picture, whosever it is
        raise Invalid(("reference", "is what the bank calls the transfer"))
    confirm_payment.check_access(call.principal, payment_id)
    kept = files.upload("proofs", decode_base64(said.picture)) if said.picture else ""
    order, payments = confirm_payment.submit_proof(call.principal, payment_id, kept or said.reference)
    return order_to_response(call.principal, order, payments)


@endpoints.get("/payments/{payment_id}/proof", roles=PAYMENT_ROLES)
def show_proof(call: Call, payment_id: str) -> dict[str, Any]:
    """Show what the customer sent as proof."""
    payment = find_payment(payment_id)
    if payment is None or not payment.proof:
        raise NotFound()
    if not payment.proof.startswith(PROOF_KEY_PREFIX):
        return {"reference": payment.proof, "content_type": None, "data": None}
    kind, content = files.download(payment.proof)
    return {"reference": None, "content_type": kind, "data": base64.b64encode(content).decode()}


@endpoints.post("/payments/{payment_id}/confirm", roles=PAYMENT_ROLES)
def confirm(call: Call, payment_id: str) -> dict[str, Any]:
    """Say that the money is on our account; twice is once."""
    return order_to_response(call.principal, *confirm_payment.confirm(call.principal, payment_id))


@endpoints.post(
    "/payments/{payment_id}/reject", roles=PAYMENT_ROLES, body=RejectBody, example={"reason": "amount does not match"}
)
def reject(call: Call, payment_id: str) -> dict[str, Any]:
    """Say that a proof is not good; the customer may send another while his hold lasts."""
    return order_to_response(call.principal, *confirm_payment.reject(call.principal, payment_id, call.body.reason))


@endpoints.post("/drafts/{order_id}/submit", roles={"owner", "agent", "salesman"}, idempotent=True, status=201)
def submit_draft(call: Call, order_id: str) -> dict[str, Any]:
    """Place a draft as it was shown."""
    return draft.submit(
        draft.load_draft_to_submit(call.principal, order_id, call.idempotency_key), call.idempotency_key
    )


@endpoints.post("/drafts/{order_id}/pay-link", roles={"owner", "agent", "salesman"}, idempotent=True)
def pay_link(call: Call, order_id: str) -> dict[str, str]:
    """Send the customer a link to his draft, where he sees the same prices and pays."""
    return draft.send_pay_link(call.principal, order_id, call.idempotency_key)


@endpoints.post(
    "/identities/verify",
    roles=CUSTOMER,
    body=RequestCodeBody,
    status=202,
    example={"order": "ord_01KB", "identity": "phone"},
)
def verify_identity(call: Call) -> dict[str, Any]:
    """Sends a code to the phone or e-mail that stands on the caller's order; says the same when none is due."""
    verify.request_code(find.load_customer_id(call.principal, call.body.order), call.body.identity, call.network_id)
    return {"asked": True, "code_lasts_seconds": int(CODE_LIFETIME.total_seconds())}


@endpoints.post(
    "/identities/confirm",
    roles=CUSTOMER,
    body=ConfirmCodeBody,
    example={"order": "ord_01KB", "identity": "phone", "code": "123456"},
)
def confirm_identity(call: Call) -> dict[str, Any]:
    """Takes the code back; the phone or e-mail is then proven, and he is one customer in every channel."""
    verify.confirm_code(find.load_customer_id(call.principal, call.body.order), call.body.identity, call.body.code)
    return {"verified": True}

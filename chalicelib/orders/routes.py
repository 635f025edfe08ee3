"""Endpoints for existing orders, their payments and drafts. The channels have the endpoints that place orders."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from chalicelib.catalog.model import CHANNELS
from chalicelib.customers import verify
from chalicelib.customers.find import check_customer_exists
from chalicelib.customers.model import CODE_LIFETIME
from chalicelib.kit import clock, files
from chalicelib.kit.auth import Principal
from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.kit.idempotency import Replay, check_repeat
from chalicelib.kit.web import (
    ApiResponse,
    Body,
    Call,
    Query,
    Routes,
    decode_base64,
    page_to_json,
    read_cursor,
    with_etag,
)
from chalicelib.orders import confirm_payment, draft, find, link, order_json, search
from chalicelib.orders.command import Tender
from chalicelib.orders.model import OrderFulfillmentStatus
from chalicelib.orders.record_refund import record_refund
from chalicelib.payments.bodies import PositiveAmountBody
from chalicelib.payments.model import OrderPaymentStatus
from chalicelib.payments.store import find_payment, load_payments
from chalicelib.places.find import business_day, check_location_exists

endpoints = Routes(__name__)
Reason = Annotated[str, StringConstraints(min_length=2, max_length=200)]
PROOF_KEY_PREFIX = "proofs/"
FILTER_CHOICES: dict[str, tuple[str, ...]] = {
    "channel": CHANNELS,
    "payment_status": tuple(OrderPaymentStatus),
    "fulfillment_status": tuple(OrderFulfillmentStatus),
}


class ProofBody(Body):
    """The reference of a transfer, a picture of the receipt (base64 of a JPEG, PNG or PDF), or both."""

    reference: Annotated[str, StringConstraints(max_length=100)] = ""
    picture: Annotated[str, StringConstraints(max_length=250_000)] = ""


class DecideQuery(Query):
    """`proof` is the `number` of the proof that was looked at; refused when a newer one was sent since."""

    proof: Annotated[int | None, Field(ge=1)] = None


class ConfirmQuery(DecideQuery):
    """`received` is what arrived, in minor units of the order's currency; without it, what is due. What arrived beyond
    the order's total is owed back."""

    received: Annotated[int | None, Field(ge=1, le=10**12)] = None


class ProofQuery(Query):
    """`number` chooses one of the proofs that were replaced, 1 for the first; without it, the latest."""

    number: Annotated[int | None, Field(ge=1)] = None


class RejectBody(Body):
    reason: Reason


class PayBody(Body):
    """`cash` at a counter for an order that awaits a transfer; any method for a draft."""

    method: Literal["cash", "transfer", "cod", "credit"]


class RefundBody(Body):
    """Without `amount` all that is owed back was returned."""

    method: Literal["transfer", "cash"]
    amount: PositiveAmountBody | None = None


class ListQuery(Query):
    """All filters combine. `q` is an order number, a phone number, or words of the customer's name or the reference.

    `location` is where the order was sold or where it is picked up.
    """

    q: Annotated[str, Field(max_length=100)] = ""
    number: Annotated[str, Field(max_length=20)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    channel: Annotated[str, Field(max_length=20)] = ""
    day: date | None = None
    location: Annotated[str, Field(max_length=64)] = ""
    customer: Annotated[str, Field(max_length=64)] = ""
    status: Literal["", "placed", "completed", "cancelled"] = ""
    payment_status: Annotated[str, Field(max_length=20)] = ""
    fulfillment_status: Annotated[str, Field(max_length=20)] = ""
    cursor: Annotated[str, Field(max_length=2000)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class RequestCodeBody(Body):
    order: Annotated[str, Field(pattern=r"^[A-Za-z0-9@._:~+-]{1,128}$")]
    identity: Literal["phone", "email"]


class ConfirmCodeBody(RequestCodeBody):
    code: Annotated[str, Field(pattern="^[0-9]{6}$")]


@endpoints.get("/orders/{order_id}")
def show_order(call: Call, order_id: str) -> dict[str, Any]:
    """Return an order or draft, to its customer or to staff."""
    try:
        order = find.load_order(call.principal, order_id)
    except NotFound:
        return draft.draft_to_json(draft.load_draft(call.principal, order_id))
    return order_json.order_to_response(call.principal, order, load_payments(order.payment_ids))


@endpoints.get("/orders/{order_id}/history")
def list_order_history(call: Call, order_id: str) -> dict[str, Any]:
    """List the order's journal entries, oldest first: time, actor, event, and movements of stock and money."""
    find.load_order(call.principal, order_id)
    return {"items": find.list_order_events(order_id, call.principal.role), "next": None}


@endpoints.get("/orders", query=ListQuery)
def list_orders(call: Call) -> ApiResponse:
    """List orders, newest first: those of today, or those that match every filter."""
    query: ListQuery = call.query
    wanted = read_filter(query, call.principal)
    check_location_exists(wanted.location)
    check_customer_exists(wanted.customer)
    name = f"orders {wanted}"
    before = (read_cursor(query.cursor, name) or {}).get("before")
    orders, next_before = search.list_orders(call.principal, wanted, query.limit, before)
    after = {"before": next_before} if next_before else None
    return with_etag(call, page_to_json(order_json.orders_to_summaries(orders), after, name))


def read_filter(query: ListQuery, principal: Principal) -> search.OrderFilter:
    """Return the filter of a query, of today if it names nothing narrower. Raises Invalid."""
    for name, choices in FILTER_CHOICES.items():
        if getattr(query, name) and getattr(query, name) not in choices:
            raise Invalid((name, f"must be one of {', '.join(choices)}"))
    names = ("channel", "day", "location", "customer", "status", "payment_status", "fulfillment_status")
    fields: dict[str, Any] = {name: getattr(query, name) for name in names}
    searched = search.read_search(query.q) if query.q.strip() else {}
    named = {"number": search.read_number(query.number)} if query.number.strip() else {}
    named |= {"phone": search.read_phone(query.phone)} if query.phone.strip() else {}
    contradicts_itself = any(searched.get(name, value) != value for name, value in named.items())
    wanted = search.OrderFilter(**fields | searched | named, contradicts_itself=contradicts_itself)
    if wanted.day or wanted.has_index_list:
        return wanted
    return replace(wanted, day=business_day(principal.location or "", clock.now()))


@endpoints.post("/orders/{order_id}/link", idempotent=True)
def renew_link(call: Call, order_id: str) -> dict[str, Any]:
    """Send the customer a new link to the order; all earlier links stop working."""
    return link.renew(call.principal, order_id, call.idempotency_key)


@endpoints.post(
    "/orders/{order_id}/payments",
    body=PayBody,
    idempotent=True,
    example={"method": "transfer"},
)
def pay(call: Call, order_id: str) -> dict[str, Any]:
    """Choose how to pay a draft, or pay an order that awaits a transfer in cash at the counter."""
    try:
        if draft.find_draft(order_id) is not None:
            return order_json.redact_for_customer(pay_draft(call, order_id))
        if call.body.method == "cash" and call.principal.is_staff:
            return pay_in_cash(call, order_id)
        check_repeat(call.idempotency_key)  # the draft may be gone because this request submitted it before
        find.load_order(call.principal, order_id)
    except Replay as replay:
        return order_json.redact_for_customer(replay.answer)
    raise Invalid(("method", "an order that awaits payment is paid by transfer with proof, or in cash to a cashier"))


def pay_in_cash(call: Call, order_id: str) -> dict[str, Any]:
    try:
        return order_json.order_to_response(
            call.principal, *confirm_payment.pay_in_cash(call.principal, order_id, call.idempotency_key)
        )
    except Replay as replay:
        return replay.answer


def pay_draft(call: Call, order_id: str) -> dict[str, Any]:
    submitted = draft.load_draft_to_submit(call.principal, order_id, call.idempotency_key)
    if call.body.method not in ("transfer", "cod") and not call.principal.is_staff:
        raise Invalid(("method", "pay a draft by transfer or on delivery"))
    return draft.submit(submitted, call.idempotency_key, [Tender(call.body.method)])


@endpoints.post(
    "/payments/{payment_id}/proof",
    body=ProofBody,
    example={"reference": "TRF 20261122 091500"},
)
def submit_proof(call: Call, payment_id: str) -> dict[str, Any]:
    """Submit proof of a transfer: its reference, a picture of the receipt, or both. It replaces an unchecked proof."""
    body: ProofBody = call.body
    if not (body.reference or body.picture):
        raise Invalid(("reference", "send the transfer's reference, or a picture of the receipt"))
    # A reference that looks like a stored picture's key would show staff the picture of another customer.
    if body.reference.startswith(PROOF_KEY_PREFIX):
        raise Invalid(("reference", "must be the transfer's reference from the bank"))
    confirm_payment.check_access(call.principal, payment_id)
    picture_key = files.upload("proofs", decode_base64(body.picture)) if body.picture else ""
    order, payments = confirm_payment.submit_proof(call.principal, payment_id, body.reference, picture_key)
    return order_json.order_to_response(call.principal, order, payments)


@endpoints.get("/payments/{payment_id}/proof", query=ProofQuery)
def show_proof(call: Call, payment_id: str) -> dict[str, Any]:
    """Return a proof of transfer that the customer sent, the latest by default, and the references of earlier ones."""
    payment = find_payment(payment_id)
    if payment is None or not payment.proofs:
        raise NotFound()
    find.load_order(call.principal, payment.order_id)
    number = call.query.number or payment.proof_number
    if number > payment.proof_number:
        raise NotFound()
    reference, picture = payment.proofs[number - 1]
    earlier = [earlier_reference or None for earlier_reference, _ in payment.earlier_proofs]
    content_type, content = files.download(picture) if picture else (None, b"")
    data = base64.b64encode(content).decode() if picture else None
    proof = {"number": number, "reference": reference or None, "content_type": content_type, "data": data}
    return proof | {"earlier": earlier}


@endpoints.post("/payments/{payment_id}/confirm", query=ConfirmQuery)
def confirm(call: Call, payment_id: str) -> dict[str, Any]:
    """Confirm that a transfer has arrived; confirming twice is a no-op."""
    query: ConfirmQuery = call.query
    confirmed = confirm_payment.confirm(call.principal, payment_id, query.proof, query.received)
    return order_json.order_to_response(call.principal, *confirmed)


@endpoints.post(
    "/payments/{payment_id}/reject", body=RejectBody, query=DecideQuery, example={"reason": "amount does not match"}
)
def reject(call: Call, payment_id: str) -> dict[str, Any]:
    """Reject the proof of a transfer; the customer may send another while the hold lasts."""
    return order_json.order_to_response(
        call.principal, *confirm_payment.reject(call.principal, payment_id, call.body.reason, call.query.proof)
    )


@endpoints.post(
    "/orders/{order_id}/refunds",
    body=RefundBody,
    idempotent=True,
    example={"method": "transfer"},
)
def refund(call: Call, order_id: str) -> dict[str, Any]:
    """Record that money owed back was returned, by transfer or in cash from your shift; by default all of it."""
    body: RefundBody = call.body
    amount = body.amount.to_money() if body.amount else None
    answer = record_refund(call.principal, order_id, body.method, amount, call.idempotency_key)
    return order_json.order_to_response(call.principal, *answer)


@endpoints.post("/drafts/{order_id}/submit", idempotent=True, status=201)
def submit_draft(call: Call, order_id: str) -> dict[str, Any]:
    """Place the order of a draft, at the draft's prices."""
    return draft.submit(
        draft.load_draft_to_submit(call.principal, order_id, call.idempotency_key), call.idempotency_key
    )


@endpoints.post("/drafts/{order_id}/pay-link", idempotent=True)
def pay_link(call: Call, order_id: str) -> dict[str, str]:
    """Send the customer a link to the draft, to see its prices and pay."""
    return draft.send_pay_link(call.principal, order_id, call.idempotency_key)


@endpoints.post(
    "/identities/verify",
    body=RequestCodeBody,
    status=202,
    example={"order": "ord_01KB", "identity": "phone"},
)
def verify_identity(call: Call) -> dict[str, Any]:
    """Send a code to the phone or e-mail of the caller's order. The answer is the same if no code is sent."""
    customer_id, language = find.load_customer_and_language(call.principal, call.body.order)
    verify.request_code(customer_id, call.body.identity, call.network_id, language)
    return {"asked": True, "code_lasts_seconds": int(CODE_LIFETIME.total_seconds())}


@endpoints.post(
    "/identities/confirm",
    body=ConfirmCodeBody,
    example={"order": "ord_01KB", "identity": "phone", "code": "123456"},
)
def confirm_identity(call: Call) -> dict[str, Any]:
    """Check the code and mark the phone or e-mail as verified, and merge customers who verified the same one."""
    verify.confirm_code(find.load_customer_id(call.principal, call.body.order), call.body.identity, call.body.code)
    return {"verified": True}

"""HTTP endpoints of shifts, receivables, collections, the customer card and the daily ledger."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from chalicelib.customers import find as customers
from chalicelib.kit.money import Money
from chalicelib.kit.web import Body, Call, Query, Routes, page_to_json, read_cursor
from chalicelib.payments import find, ledger_store
from chalicelib.payments.bodies import AmountBody, PositiveAmountBody
from chalicelib.payments.collect import collect
from chalicelib.payments.handover import hand_over
from chalicelib.payments.ledger import LedgerLine
from chalicelib.payments.project_ledger import load_ledger_report
from chalicelib.payments.shift import close_shift, count_shift, open_shift

endpoints = Routes(__name__)

Id = Annotated[str, Field(max_length=64)]


class ShiftBody(Body):
    """`till` defaults to the counter of the cashier's store, and to a till of their own for other staff."""

    till: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")] = ""
    opening: AmountBody


class CountBody(Body):
    counted: AmountBody


class CloseBody(Body):
    reason: Annotated[str, Field(max_length=200)] = ""


class HandoverBody(Body):
    """Without `amount` all cash is handed over."""

    amount: PositiveAmountBody | None = None


class CollectionBody(Body):
    customer: Annotated[str, Field(min_length=1, max_length=64)]
    amount: PositiveAmountBody
    method: Literal["cash", "transfer"] = "cash"


class PageQuery(Query):
    cursor: Annotated[str, Field(max_length=2000)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class ReceivablesQuery(PageQuery):
    customer: Id = ""


class LedgerQuery(Query):
    day: date


@endpoints.post(
    "/shifts",
    body=ShiftBody,
    idempotent=True,
    status=201,
    example={"till": "till-1", "opening": {"amount": 500_000, "currency": "IDR"}},
)
def open_a_shift(call: Call) -> dict[str, Any]:
    """Open the caller's shift at a till with a float taken from the safe."""
    return open_shift(call.principal, call.body.till, call.body.opening.to_money(), call.idempotency_key)


@endpoints.get("/shifts/{shift_id}")
def get_shift(call: Call, shift_id: str) -> dict[str, Any]:
    """Return one shift with the cash it should hold now; `mine` is the caller's open shift."""
    return find.shift_to_json(find.load_shift(call.principal, shift_id))


@endpoints.get("/cash-bags")
def list_cash_bags(call: Call) -> dict[str, Any]:
    """List the cash on delivery that staff without an open shift hold and have not handed over."""
    return page_to_json(find.list_cash_bags(), None, "cash-bags")


@endpoints.get("/shifts/{shift_id}/receipts", query=PageQuery)
def list_receipts(call: Call, shift_id: str) -> dict[str, Any]:
    """List the cash that a shift received and handed over, newest first."""
    shift = find.load_shift(call.principal, shift_id)
    name = f"receipts#{shift.id}"
    lines, after = ledger_store.list_receipts(shift.id, call.query.limit, read_cursor(call.query.cursor, name))
    return page_to_json([receipt_to_json(line) for line in lines], after, name)


def receipt_to_json(line: LedgerLine) -> dict[str, Any]:
    return {
        "at": line.at,
        "kind": line.kind,
        "method": line.method,
        "amount": Money(line.minor, line.currency).to_json(),
        "till": line.till,
        "shift": line.shift,
        "order_id": line.order_id or None,
        "payment_id": line.payment_id or None,
        "customer_id": line.customer_id or None,
        "actor": line.actor,
    }


@endpoints.post(
    "/shifts/{shift_id}/count",
    body=CountBody,
    idempotent=True,
    example={"counted": {"amount": 1_250_000, "currency": "IDR"}},
)
def count_a_shift(call: Call, shift_id: str) -> dict[str, Any]:
    """Record the counted cash. The shift neither takes nor gives cash afterwards."""
    return count_shift(call.principal, shift_id, call.body.counted.to_money(), call.idempotency_key)


@endpoints.post(
    "/shifts/{shift_id}/close",
    body=CloseBody,
    idempotent=True,
    example={"reason": "change given too much"},
)
def close_a_shift(call: Call, shift_id: str) -> dict[str, Any]:
    """Close a counted shift with its variance and reason, and free the till."""
    return close_shift(call.principal, shift_id, call.body.reason, call.idempotency_key)


@endpoints.post(
    "/shifts/{shift_id}/handover",
    body=HandoverBody,
    idempotent=True,
    status=201,
    example={"amount": {"amount": 300_000, "currency": "IDR"}},
)
def receive_cash(call: Call, shift_id: str) -> dict[str, Any]:
    """Receive cash from a shift, or from a courier's bag `cod:<staff>`, into the caller's open shift."""
    amount = call.body.amount.to_money() if call.body.amount else None
    return hand_over(call.principal, shift_id, amount, call.idempotency_key)


@endpoints.get("/receivables", query=ReceivablesQuery)
def list_receivables(call: Call) -> dict[str, Any]:
    """List open receivables of one customer or, in pages, of all; oldest due date first."""
    query, on = call.query, find.today()
    cursor = read_cursor(query.cursor, "receivables")
    receivables, after = find.list_receivables(call.principal, query.customer, query.limit, cursor)
    return page_to_json(find.receivables_to_json(receivables, on), after, "receivables")


@endpoints.post(
    "/collections",
    body=CollectionBody,
    idempotent=True,
    status=201,
    example={"customer": "cus_01KB", "amount": {"amount": 250_000, "currency": "IDR"}, "method": "cash"},
)
def receive_collection(call: Call) -> dict[str, Any]:
    """Collect a customer's payment of receivables, oldest first, into the caller's open shift or the bank."""
    body = call.body
    return collect(call.principal, body.customer, body.amount.to_money(), body.method, call.idempotency_key)


@endpoints.get("/customers/{customer_id}")
def get_customer(call: Call, customer_id: str) -> dict[str, Any]:
    """Return the customer card: contact details, receivables, ageing and the credit left."""
    customers.require_reach(call.principal, customer_id)
    return find.load_customer_card(customer_id)


@endpoints.get("/reports/ledger", query=LedgerQuery)
def get_ledger(call: Call) -> dict[str, Any]:
    """Return one day's money by method and channel, and every mismatch with the payments."""
    return load_ledger_report(call.query.day)

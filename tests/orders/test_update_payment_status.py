"""An order on credit becomes paid when its receivable is collected."""

from __future__ import annotations

from typing import Any

from chalicelib.kit import journal
from chalicelib.orders.events import handle_collection
from chalicelib.payments.model import CollectionReceived
from tests.client import call
from tests.shop import TEAPOT, a_credit_customer, an_order, open_shop, token


def collect(customer: str, amount: int, key: str) -> CollectionReceived:
    body = {"customer": customer, "amount": {"amount": amount, "currency": "IDR"}, "method": "transfer"}
    answer = call("POST", "/api/collections", body, key=key, token=token("finance-maya")).json
    [entry] = journal.history(f"collection#{answer['id']}")
    collection = journal.row_to_entry(entry).event
    assert isinstance(collection, CollectionReceived)
    return collection


def test_collections_make_a_credit_order_paid_and_duplicate_events_are_a_no_op(aws: Any) -> None:
    open_shop(TEAPOT=5)
    customer = a_credit_customer(limit=300_000)
    body = an_order((TEAPOT, 2), channel="phone", customer={"id": customer}, payments=[{"method": "credit"}])
    order = call("POST", "/api/orders", body, key="a-key-of-16-chars", token=token("agent-lia")).json
    part, rest = collect(customer, 100_000, "collection-key-001"), collect(customer, 150_000, "collection-key-002")

    for collection in (rest, part, part):
        handle_collection(collection, "finance-maya")

    order = call("GET", f"/api/orders/{order['id']}", token=token("owner-ratna")).json
    assert order["payment_status"] == "paid"
    assert [entry.kind for entry in journal.history(f"order#{order['id']}")] == ["OrderPlaced", "OrderSettled"]

"""The doors that move money, and the ways to move it that the matrix of doors leaves out."""

from __future__ import annotations

import base64
from typing import Any

from tests.shop import an_order
from tests.verification.endpoints.knock import row
from tests.verification.endpoints.world import AGUS, MAYA, TEA, World, drawers

CREDITOR = {"id": "cus_01KB"}
DEBTS = "id,name,phone,credit_limit,terms_days,opening_receivable\ncus_old,Toko Lama,081252980077,900000,14,120000\n"
RECEIPT = {"picture": base64.b64encode(b"\x89PNG\r\n\x1a\n of a receipt").decode()}


def confirmed(there: World) -> None:
    there.done("POST", f"/api/payments/{there.names['a proven payment']}/confirm", by=MAYA)


def cancelled(there: World) -> None:
    there.done("POST", f"/api/orders/{there.names['a proven order']}/cancel", {"reason": "changed_my_mind"})


def pictured(there: World) -> None:
    there.done("POST", f"/api/payments/{there.names['a waiting payment']}/proof", RECEIPT)


def ordered(method: str, channel: str = "web", quantity: int = 2, **said: Any) -> dict[str, Any]:
    return an_order((TEA, quantity), channel=channel, payments=[{"method": method}], **said)


def half_in_cash() -> dict[str, Any]:
    paid = [{"method": "cash", "amount": {"amount": 20_000, "currency": "IDR"}}, {"method": "transfer"}]
    return ordered("cash", channel="pos", location="store-tunjungan") | {"payments": paid}


ROWS = [
    row("POST /orders", "anonymous", body=ordered("cod"), note="paid on delivery"),
    row("POST /orders", "agent", body=ordered("credit", channel="phone", customer=CREDITOR), note="on credit"),
    row("POST /orders", "cashier", body=half_in_cash(), first=drawers, note="half in cash"),
    row("POST /orders", "anonymous", body=ordered("transfer", quantity=5, coupons=["LEBARAN"]), note="with a coupon"),
    row("POST /orders/{order_id}/cancel", "owner", order_id="an order on credit", note="on credit"),
    row("POST /orders/{order_id}/cancel", "owner", order_id="a proven order", first=confirmed, note="paid"),
    row("POST /payments/{payment_id}/confirm", "finance", payment_id="a proven payment", first=cancelled, note="late"),
    row(
        "POST /orders/{order_id}/payments",
        "own",
        order_id="a draft",
        own="a draft",
        body={"method": "cod"},
        note="on delivery",
    ),
    row(
        "POST /fulfillments/{fulfillment_id}/deliver",
        "courier",
        fulfillment_id="work in transit",
        first=drawers,
        note="into his drawer",
    ),
    row(
        "POST /payments/{payment_id}/proof",
        "own",
        payment_id="a waiting payment",
        own="a waiting order",
        body=RECEIPT,
        note="a picture",
    ),
    row("POST /shifts/{shift_id}/handover", "finance", shift_id=f"drawer of {AGUS}", first=drawers, note="to the safe"),
    row("POST /imports", "owner", query={"file": "customers"}, body=DEBTS, note="opening debts"),
]

# By the names of their rows.
DOORS = (
    *("POST /orders", "POST /orders [pos]", "POST /orders [sfa]", "POST /orders [phone]", "POST /orders [social]"),
    *("POST /orders [whatsapp]", "POST /orders [marketplace]", "POST /orders [some of it for a later day]"),
    *("POST /orders/{order_id}/cancel", "POST /orders/{order_id}/payments"),
    *("POST /orders/{order_id}/payments [in cash after all]", "POST /drafts/{order_id}/submit"),
    *("POST /payments/{payment_id}/proof", "POST /payments/{payment_id}/confirm"),
    *("POST /payments/{payment_id}/reject", "POST /shifts", "POST /shifts/{shift_id}/count"),
    *("POST /shifts/{shift_id}/close", "POST /shifts/{shift_id}/handover"),
    *("POST /collections", "POST /collections [by bank]", "PUT /customers/{customer_id}/terms"),
    *("POST /fulfillments/{fulfillment_id}/deliver", "POST /fulfillments/{fulfillment_id}/handover"),
    *(each.name for each in ROWS),
)
ASKS = ("POST /drafts/{order_id}/pay-link",)  # moves none yet

"""The endpoints that move money, with rows for the ways of paying that the access table does not contain."""

from __future__ import annotations

import base64
from typing import Any

from tests.exchange.test_import_and_export import zip_folder
from tests.shop import an_order
from tests.verification.endpoints.principals import access_row
from tests.verification.endpoints.sample_shop import AGUS, MAYA, TEA, SampleShop, open_shifts

CREDITOR = {"id": "cus_01KB"}
DEBTS_CSV = (
    "id,name,phone,credit_limit,terms_days,opening_receivable\ncus_old,Toko Lama,081252980077,900000,14,120000\n"
)
HISTORY = zip_folder(
    {
        "orders": "ref,placed_at,channel,payment_method,historical\nOLD-1,2026-10-01T03:00:00Z,phone,transfer,yes\n",
        "order_lines": f"ref,sku,quantity,unit_price\nOLD-1,{TEA},2,20000\n",
    }
)
PICTURE_PROOF = {"picture": base64.b64encode(b"\x89PNG\r\n\x1a\n of a receipt").decode()}


def confirm_payment(sample: SampleShop) -> None:
    sample.send_ok("POST", f"/api/payments/{sample.ids['a proven payment']}/confirm", by=MAYA)


def cancel_order(sample: SampleShop) -> None:
    sample.send_ok("POST", f"/api/orders/{sample.ids['a proven order']}/cancel", {"reason": "changed_my_mind"})


def submit_picture(sample: SampleShop) -> None:
    sample.send_ok("POST", f"/api/payments/{sample.ids['a waiting payment']}/proof", PICTURE_PROOF)


def order_paid_by(method: str, channel: str = "web", quantity: int = 2, **fields: Any) -> dict[str, Any]:
    return an_order((TEA, quantity), channel=channel, payments=[{"method": method}], **fields)


def order_half_in_cash() -> dict[str, Any]:
    payments = [{"method": "cash", "amount": {"amount": 20_000, "currency": "IDR"}}, {"method": "transfer"}]
    return order_paid_by("cash", channel="pos", location="store-tunjungan") | {"payments": payments}


ROWS = [
    access_row("POST /orders", "anonymous", body=order_paid_by("cod"), note="paid on delivery"),
    access_row(
        "POST /orders", "agent", body=order_paid_by("credit", channel="phone", customer=CREDITOR), note="on credit"
    ),
    access_row("POST /orders", "cashier", body=order_half_in_cash(), prepare=open_shifts, note="half in cash"),
    access_row(
        "POST /orders",
        "anonymous",
        body=order_paid_by("transfer", quantity=5, coupons=["LEBARAN"]),
        note="with a coupon",
    ),
    access_row("POST /orders/{order_id}/cancel", "owner", order_id="an order on credit", note="on credit"),
    access_row(
        "POST /orders/{order_id}/cancel",
        "owner",
        order_id="an order on credit",
        body={"reason": "too_many", "lines": [{"sku": TEA, "quantity": 1}]},
        note="of one unit",
    ),
    access_row(
        "POST /orders/{order_id}/cancel", "owner", order_id="a proven order", prepare=confirm_payment, note="paid"
    ),
    access_row(
        "POST /payments/{payment_id}/confirm",
        "finance",
        payment_id="a proven payment",
        prepare=cancel_order,
        note="late",
    ),
    access_row(
        "POST /orders/{order_id}/payments",
        "own",
        order_id="a draft",
        own_order="a draft",
        body={"method": "cod"},
        note="on delivery",
    ),
    access_row(
        "POST /fulfillments/{fulfillment_id}/deliver",
        "courier",
        fulfillment_id="work in transit",
        prepare=open_shifts,
        note="with an open shift",
    ),
    access_row(
        "POST /payments/{payment_id}/proof",
        "own",
        payment_id="a waiting payment",
        own_order="a waiting order",
        body=PICTURE_PROOF,
        note="a picture",
    ),
    access_row(
        "POST /shifts/{shift_id}/handover",
        "finance",
        shift_id=f"shift of {AGUS}",
        prepare=open_shifts,
        note="to the safe",
    ),
    access_row("POST /imports", "owner", query={"file": "customers"}, body=DEBTS_CSV, note="opening debts"),
    access_row("POST /imports", "owner", body=HISTORY, note="of history"),
]

# Names of rows, with their notes.
MONEY_ROW_NAMES = (
    *("POST /orders", "POST /orders [pos]", "POST /orders [sfa]", "POST /orders [phone]", "POST /orders [social]"),
    *("POST /orders [whatsapp]", "POST /orders [marketplace]", "POST /orders [partly backordered]"),
    *("POST /orders/{order_id}/cancel", "POST /orders/{order_id}/payments", "POST /orders/{order_id}/refunds"),
    *("POST /orders/{order_id}/payments [in cash]", "POST /drafts/{order_id}/submit"),
    *("POST /payments/{payment_id}/proof", "POST /payments/{payment_id}/confirm"),
    *("POST /payments/{payment_id}/reject", "POST /shifts", "POST /shifts/{shift_id}/count"),
    *("POST /shifts/{shift_id}/close", "POST /shifts/{shift_id}/handover"),
    *("POST /orders/{order_id}/cancel [at the store]", "POST /orders/{order_id}/cancel [on a van]"),
    *("POST /shifts/{shift_id}/handover [of a salesman]",),
    *("POST /collections", "POST /collections [by bank]", "PUT /customers/{customer_id}/terms"),
    *("POST /fulfillments/{fulfillment_id}/deliver", "POST /fulfillments/{fulfillment_id}/handover"),
    *(row.name for row in ROWS),
)
REQUEST_ROW_NAMES = ("POST /drafts/{order_id}/pay-link",)  # requests money, but moves none

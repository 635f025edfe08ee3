"""The table: every door, and who is let through. `own` and `foreign` hold an order's token; `signed` is all staff
and the channel key. A door may have several rows: what it lets through can depend on what is asked of it."""

from __future__ import annotations

from typing import Any

from tests.shop import an_order
from tests.verification.endpoints.knock import row
from tests.verification.endpoints.world import SINTA, SOAP, TEA, counted, drawers

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
DRAWER = f"drawer of {SINTA}"
BANK = {"customer": "cus_01KB", "amount": {"amount": 250_000, "currency": "IDR"}, "method": "transfer"}


def ordered(channel: str, **said: Any) -> dict[str, Any]:
    return an_order((SOAP, 1), channel=channel, **said)


OFFICE = ("owner", "finance", "agent")
NO_DRAWER = "no_open_shift"
HANDED = {"location": "store-tunjungan", "delivery": {"method": "handover"}, "payments": [{"method": "cash"}]}
AGREED = {
    "lines": [{"sku": SOAP, "quantity": 1, "agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}],
    "ref": "TK-2",
}

ROWS = [
    # the house
    row("GET /health", "all"),
    row("GET /openapi.json", "all"),
    row("GET /docs", "all"),
    row("GET /me", "staff"),
    # goods and prices
    row("GET /catalog/products", "all"),
    row("GET /catalog/products", "signed", query={"channel": "marketplace"}, note="of another channel"),
    row("GET /catalog/products/{sku}", "all", sku=TEA),
    row("PUT /catalog/products/{sku}", "owner", sku=TEA),
    row("GET /channels", "staff"),
    row("PUT /channels/{code}", "owner", code="web"),
    row("PUT /prices", "owner"),
    row("GET /promotions", "all"),
    row("PUT /promotions", "owner"),
    row("GET /coupons/{code}", "all", code="LEBARAN"),
    row("PUT /placements", "owner"),
    row("GET /l/{code}", "all", code="ig-bio"),
    # stock
    row("GET /stock", "all", query={"sku": TEA}),
    row("GET /stock/locations/{location_id}", "staff", location_id="wh-surabaya"),
    row("GET /stock/history", "staff", query={"sku": TEA, "location": "wh-surabaya"}),
    row("GET /stock/transfers", "staff", query={"location": "wh-surabaya"}),
    row("POST /stock/movements", "owner warehouse"),
    row("POST /stock/counts", "owner warehouse"),
    row("POST /stock/shelves", "owner warehouse"),
    row("POST /stock/expected", "owner warehouse"),
    row("POST /stock/transfers", "owner warehouse"),
    row("POST /stock/transfers/{transfer_id}/receive", "owner warehouse", transfer_id="a delivery"),
    row("POST /stock/transfers/{transfer_id}/receive", "salesman", transfer_id="a load", note="a van's load"),
    row("POST /stock/transfers/{transfer_id}/cancel", "owner warehouse", transfer_id="a load"),
    # orders
    row("POST /quotes", "all"),
    row("POST /carts", "all"),
    row("POST /orders", "anonymous owner"),
    row(
        "POST /orders", "cashier", body=ordered("pos", **HANDED), first=drawers, ruled={"owner": NO_DRAWER}, note="pos"
    ),
    row("POST /orders", "salesman owner", body=ordered("sfa"), note="sfa"),
    row("POST /orders", "agent owner", body=ordered("phone"), note="phone"),
    row("POST /orders", "agent owner", body=ordered("social"), note="social"),
    row("POST /orders", "agent owner", body=ordered("whatsapp"), note="whatsapp"),
    row("POST /orders", "channel owner", body=ordered("marketplace", **AGREED), note="marketplace"),
    row("GET /orders", "staff"),
    row("GET /orders/{order_id}", "staff own", order_id="ord_01KB"),
    row("GET /orders/{order_id}", "staff own", order_id="a draft", own="a draft", note="a draft"),
    row("GET /orders/{order_id}", "signed", order_id="a marketplace order", note="a marketplace order"),
    row("GET /orders/{order_id}/history", "staff", order_id="ord_01KB"),
    row("GET /orders/{order_id}/routing", "staff", order_id="ord_01KB"),
    row("GET /orders/{order_id}/delivery", "staff own", order_id="ord_01KB"),
    row("POST /orders/{order_id}/call-me", "staff own", order_id="a carried order", own="a carried order"),
    row("POST /orders/{order_id}/reroute", "owner agent", order_id="ord_01KB"),
    row("POST /orders/{order_id}/link", "owner agent cashier salesman", order_id="ord_01KB"),
    row("POST /orders/{order_id}/cancel", "own owner agent cashier salesman", order_id="ord_01KB"),
    row("POST /orders/{order_id}/payments", "own owner agent cashier salesman", order_id="a draft", own="a draft"),
    row("POST /drafts", "owner agent"),
    row("POST /drafts/{order_id}/submit", "owner agent salesman", order_id="a draft"),
    row("POST /drafts/{order_id}/pay-link", "owner agent salesman", order_id="a draft"),
    # money
    row(
        "POST /payments/{payment_id}/proof",
        "own owner agent cashier finance",
        payment_id="a waiting payment",
        own="a waiting order",
    ),
    row("GET /payments/{payment_id}/proof", "owner agent cashier finance", payment_id="a proven payment"),
    row(
        "POST /payments/{payment_id}/confirm",
        "owner agent cashier finance",
        payment_id="a proven payment",
        own="a proven order",
    ),
    row(
        "POST /payments/{payment_id}/reject",
        "owner agent cashier finance",
        payment_id="a proven payment",
        own="a proven order",
    ),
    row("POST /shifts", "owner cashier salesman courier"),
    row("GET /shifts/{shift_id}", "owner cashier finance", shift_id=DRAWER, first=drawers),
    row("GET /shifts/{shift_id}/receipts", "owner cashier finance", shift_id=DRAWER, first=drawers),
    row("POST /shifts/{shift_id}/count", "owner cashier finance", shift_id=DRAWER, first=drawers),
    row("POST /shifts/{shift_id}/close", "owner cashier finance", shift_id=DRAWER, first=counted),
    row("POST /shifts/{shift_id}/handover", "owner finance salesman courier", shift_id=DRAWER, first=drawers),
    row("GET /receivables", "owner finance cashier salesman courier agent"),
    row("POST /collections", "cashier salesman courier", first=drawers, ruled=dict.fromkeys(OFFICE, NO_DRAWER)),
    row("POST /collections", "owner finance agent", body=BANK, note="by bank"),
    # customers
    row("GET /customers", "staff", query={"phone": "+6281200000009"}),
    row("POST /customers", "owner agent salesman cashier", body={"name": "Warung Bu Tini", "phone": "081252981299"}),
    row("GET /customers/{customer_id}", "staff", customer_id="cus_01KB"),
    row("PUT /customers/{customer_id}/terms", "owner finance", customer_id="cus_01KB"),
    row("POST /customers/{customer_id}/verify", "owner agent salesman cashier", customer_id="cus_new"),
    row("POST /customers/{customer_id}/merge", "owner agent", customer_id="cus_twin"),
    row("POST /customers/{customer_id}/unmerge", "owner agent", customer_id="cus_lost"),
    row("POST /identities/verify", "own"),
    row("POST /identities/confirm", "own"),
    # places and people
    row("GET /locations", "staff"),
    row("PUT /locations/{location_id}", "owner", location_id="store-darmo"),
    row("PUT /locations/{location_id}/position", "owner salesman", location_id="van-budi"),
    row("GET /staff", "owner"),
    row("PUT /staff/{staff_id}", "owner", staff_id="salesman-anton"),
    # work
    row("GET /offers/{offer_id}", "salesman", offer_id="an offer"),
    row("POST /offers/{offer_id}/claim", "salesman", offer_id="an offer"),
    row("POST /offers/{offer_id}/decline", "salesman", offer_id="an offer"),
    row("GET /o/{token}", "all", token="a claim link"),
    row("POST /o/{token}/claim", "all", token="a claim link"),
    row("GET /fulfillments", "owner warehouse courier", query={"location": "wh-surabaya"}),
    row("POST /fulfillments/{fulfillment_id}/accept", "owner warehouse", fulfillment_id="work assigned"),
    row("POST /fulfillments/{fulfillment_id}/reject", "owner warehouse", fulfillment_id="work assigned"),
    row("POST /fulfillments/{fulfillment_id}/pick", "owner warehouse", fulfillment_id="work accepted"),
    row("POST /fulfillments/{fulfillment_id}/pick", "owner salesman", fulfillment_id="work on a van", note="a van"),
    row("POST /fulfillments/{fulfillment_id}/ready", "owner warehouse", fulfillment_id="work picking"),
    row("POST /fulfillments/{fulfillment_id}/dispatch", "owner warehouse courier", fulfillment_id="work ready"),
    row("POST /fulfillments/{fulfillment_id}/deliver", "owner warehouse courier", fulfillment_id="work in transit"),
    row("POST /fulfillments/{fulfillment_id}/fail", "owner warehouse courier", fulfillment_id="work in transit"),
    row("POST /fulfillments/{fulfillment_id}/handover", "owner cashier", fulfillment_id="work to collect"),
    # notices and the owner's view
    row("GET /inbox", "staff"),
    row("POST /inbox/{notice_id}/ack", "salesman warehouse", notice_id="a notice"),
    row("GET /orders/{order_id}/notices", "staff", order_id="ord_01KB"),
    row("GET /exceptions", "owner"),
    row("GET /reports/ledger", "owner finance", query={"day": "2026-11-22"}),
    row("GET /reports/recap", "owner", query=DAYS),
    row("GET /reports/recap/orders", "owner", query=DAYS),
    row("POST /imports", "owner", query={"file": "products"}, body="sku,name,price\nTEH-009,Teh Hijau,9000\n"),
    row("GET /exports/{file}", "owner", file="products.csv"),
]

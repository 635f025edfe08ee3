"""The access table: which principals may call each endpoint.

`own` and `foreign` are callers with the token of the row's order or of another order; `signed` is all staff and the
channel key. An endpoint has several rows when access depends on the body or the path.
"""

from __future__ import annotations

from typing import Any

from tests.shop import an_order
from tests.verification.endpoints.principals import access_row
from tests.verification.endpoints.sample_shop import BUDI, SINTA, SOAP, TEA, count_shift, open_shifts

DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
SHIFT = f"shift of {SINTA}"
BANK_COLLECTION = {"customer": "cus_01KB", "amount": {"amount": 250_000, "currency": "IDR"}, "method": "transfer"}


def order_body(channel: str, **fields: Any) -> dict[str, Any]:
    return an_order((SOAP, 1), channel=channel, **fields)


WEB_ORDER = "owner finance agent warehouse courier"  # of a web order that wh-surabaya serves
VAN_ORDER = "owner finance agent salesman"  # of a web order on the van of the salesman
STORE_ORDER = "owner finance agent cashier"  # of a web order that is collected at the cashier's store
MARKETPLACE_ORDER = "owner finance warehouse courier"
OFFICE = ("owner", "finance", "agent")
NO_OPEN_SHIFT = "no_open_shift"
NO_CASH = {"owner": NO_OPEN_SHIFT} | dict.fromkeys(("finance", "agent"), "may_not_take_cash")
HANDOVER_SALE = {"location": "store-tunjungan", "delivery": {"method": "handover"}, "payments": [{"method": "cash"}]}
AGREED_PRICE_ORDER = {
    "lines": [{"sku": SOAP, "quantity": 1, "agreed": {"unit_price": {"amount": 9_000, "currency": "IDR"}}}],
    "ref": "TK-2",
}

ROWS = [
    # system
    access_row("GET /health", "all"),
    access_row("GET /openapi.json", "all"),
    access_row("GET /docs", "all"),
    access_row("GET /me", "staff"),
    access_row("GET /problems/{code}", "all", code="out_of_stock"),
    # catalog and prices
    access_row("GET /catalog/products", "all"),
    access_row("GET /catalog/products", "signed", query={"channel": "marketplace"}, note="of another channel"),
    access_row("GET /catalog/products/{sku}", "all", sku=TEA),
    access_row("PUT /catalog/products/{sku}", "owner", sku=TEA),
    access_row("GET /channels", "staff"),
    access_row("PUT /channels/{code}", "owner", code="web"),
    access_row("PUT /prices", "owner"),
    access_row("GET /promotions", "all"),
    access_row("PUT /promotions", "owner"),
    access_row("GET /coupons/{code}", "all", code="LEBARAN"),
    access_row("PUT /placements", "owner"),
    access_row("GET /l/{code}", "all", code="ig-bio"),
    # stock
    access_row("GET /stock", "all", query={"sku": TEA}),
    access_row("GET /stock/locations/{location_id}", "staff", location_id="wh-surabaya"),
    access_row("GET /stock/history", "staff", query={"sku": TEA, "location": "wh-surabaya"}),
    access_row("GET /stock/transfers", "staff", query={"location": "wh-surabaya"}),
    access_row("POST /stock/movements", "owner warehouse"),
    access_row("POST /stock/counts", "owner warehouse"),
    access_row("POST /stock/shelves", "owner warehouse"),
    access_row("POST /stock/expected", "owner warehouse"),
    access_row("POST /stock/transfers", "owner warehouse"),
    access_row("POST /stock/transfers/{transfer_id}/receive", "owner warehouse", transfer_id="a delivery"),
    access_row("POST /stock/transfers/{transfer_id}/receive", "salesman", transfer_id="a load", note="a van's load"),
    access_row("POST /stock/transfers/{transfer_id}/cancel", "owner warehouse", transfer_id="a load"),
    # orders
    access_row("POST /quotes", "all"),
    access_row("POST /carts", "all"),
    access_row("POST /orders", "anonymous owner"),
    access_row(
        "POST /orders",
        "cashier",
        body=order_body("pos", **HANDOVER_SALE),
        prepare=open_shifts,
        refused_by_rule={"owner": NO_OPEN_SHIFT},
        note="pos",
    ),
    access_row("POST /orders", "salesman owner", body=order_body("sfa"), note="sfa"),
    access_row("POST /orders", "agent owner", body=order_body("phone"), note="phone"),
    access_row("POST /orders", "agent owner", body=order_body("social"), note="social"),
    access_row("POST /orders", "agent owner", body=order_body("whatsapp"), note="whatsapp"),
    access_row(
        "POST /orders", "channel owner", body=order_body("marketplace", **AGREED_PRICE_ORDER), note="marketplace"
    ),
    access_row("POST /orders/withdraw", "anonymous owner"),
    access_row("POST /orders/withdraw", "agent owner", body=order_body("phone"), note="phone"),
    access_row(
        "POST /orders/withdraw",
        "channel owner",
        body=order_body("marketplace", **AGREED_PRICE_ORDER),
        note="marketplace",
    ),
    access_row("GET /orders", "staff"),
    access_row("GET /orders/{order_id}", f"{WEB_ORDER} own", order_id="ord_01KB"),
    access_row(
        "GET /orders/{order_id}", f"{STORE_ORDER} own", order_id="a pickup", own_order="a pickup", note="pickup"
    ),
    access_row(
        "GET /orders/{order_id}",
        f"{VAN_ORDER} own",
        order_id="a carried order",
        own_order="a carried order",
        note="van",
    ),
    access_row(
        "GET /orders/{order_id}", "owner finance agent own", order_id="a draft", own_order="a draft", note="a draft"
    ),
    access_row(
        "GET /orders/{order_id}",
        f"{MARKETPLACE_ORDER} channel",
        order_id="a marketplace order",
        note="a marketplace order",
    ),
    access_row("GET /orders/{order_id}/history", WEB_ORDER, order_id="ord_01KB"),
    access_row("GET /orders/{order_id}/routing", WEB_ORDER, order_id="ord_01KB"),
    access_row("GET /orders/{order_id}/routing/replay", WEB_ORDER, order_id="ord_01KB"),
    access_row("GET /orders/{order_id}/delivery", f"{WEB_ORDER} own", order_id="ord_01KB"),
    access_row(
        "POST /orders/{order_id}/call-me",
        f"{VAN_ORDER} own",
        order_id="a carried order",
        own_order="a carried order",
    ),
    access_row("POST /orders/{order_id}/reroute", "owner agent", order_id="ord_01KB"),
    access_row("POST /orders/{order_id}/link", "owner agent", order_id="ord_01KB"),
    access_row("POST /orders/{order_id}/link", "owner agent cashier", order_id="a pickup", note="at the store"),
    access_row("POST /orders/{order_id}/cancel", "own owner agent", order_id="ord_01KB"),
    access_row("POST /orders/{order_id}/cancel", "owner agent cashier", order_id="a pickup", note="at the store"),
    access_row("POST /orders/{order_id}/cancel", "owner agent salesman", order_id="a carried order", note="on a van"),
    access_row("POST /orders/{order_id}/payments", "own owner agent cashier", order_id="a draft", own_order="a draft"),
    access_row("POST /orders/{order_id}/refunds", "owner finance", order_id="an order owed back"),
    access_row("POST /drafts", "owner agent"),
    access_row("POST /drafts/withdraw", "owner agent"),
    access_row("POST /drafts/withdraw", "salesman owner", body=order_body("sfa"), note="sfa"),
    access_row("POST /drafts/{order_id}/submit", "owner agent", order_id="a draft"),
    access_row("POST /drafts/{order_id}/pay-link", "owner agent", order_id="a draft"),
    # payments
    access_row(
        "POST /payments/{payment_id}/proof",
        "own owner agent finance",
        payment_id="a waiting payment",
        own_order="a waiting order",
    ),
    access_row("GET /payments/{payment_id}/proof", "owner agent finance", payment_id="a proven payment"),
    access_row(
        "POST /payments/{payment_id}/confirm",
        "owner agent finance",
        payment_id="a proven payment",
        own_order="a proven order",
    ),
    access_row(
        "POST /payments/{payment_id}/reject",
        "owner agent finance",
        payment_id="a proven payment",
        own_order="a proven order",
    ),
    access_row("POST /shifts", "owner cashier salesman courier"),
    access_row("GET /shifts/{shift_id}", "owner cashier finance", shift_id=SHIFT, prepare=open_shifts),
    access_row("GET /shifts/{shift_id}/receipts", "owner cashier finance", shift_id=SHIFT, prepare=open_shifts),
    access_row("POST /shifts/{shift_id}/count", "owner cashier finance", shift_id=SHIFT, prepare=open_shifts),
    access_row("POST /shifts/{shift_id}/close", "owner cashier finance", shift_id=SHIFT, prepare=count_shift),
    access_row(
        "POST /shifts/{shift_id}/handover",
        "owner finance",
        shift_id=SHIFT,
        prepare=open_shifts,
        refused_by_rule={"cashier": "own_cash"},
    ),
    access_row(
        "POST /shifts/{shift_id}/handover",
        "owner finance cashier",
        shift_id=f"shift of {BUDI}",
        prepare=open_shifts,
        note="of a salesman",
    ),
    access_row("GET /cash-bags", "owner cashier finance"),
    access_row("GET /receivables", "owner finance cashier salesman agent"),
    access_row(
        "POST /collections",
        "cashier salesman",
        prepare=open_shifts,
        refused_by_rule=NO_CASH,
    ),
    access_row("POST /collections", "owner finance agent", body=BANK_COLLECTION, note="by bank"),
    # customers
    access_row("GET /customers", "owner finance agent cashier salesman", query={"phone": "+6281200000009"}),
    access_row(
        "POST /customers", "owner agent salesman cashier", body={"name": "Warung Bu Tini", "phone": "081252981299"}
    ),
    access_row("GET /customers/{customer_id}", "owner finance agent cashier salesman", customer_id="cus_01KB"),
    access_row(
        "GET /customers/{customer_id}", "owner finance agent cashier", customer_id="cus_home", note="of another"
    ),
    access_row(
        "PUT /customers/{customer_id}/salesmen/{staff_id}", "owner", customer_id="cus_01KB", staff_id="salesman-dewi"
    ),
    access_row(
        "DELETE /customers/{customer_id}/salesmen/{staff_id}",
        "owner",
        customer_id="cus_01KB",
        staff_id="salesman-budi",
    ),
    access_row("PUT /customers/{customer_id}/terms", "owner finance", customer_id="cus_01KB"),
    access_row("POST /customers/{customer_id}/verify", "owner agent", customer_id="cus_new"),
    access_row("POST /customers/{customer_id}/merge", "owner agent", customer_id="cus_twin"),
    access_row("POST /customers/{customer_id}/unmerge", "owner agent", customer_id="cus_lost"),
    access_row("POST /identities/verify", "own"),
    access_row("POST /identities/confirm", "own"),
    # locations and staff
    access_row("GET /locations", "staff"),
    access_row("PUT /locations/{location_id}", "owner", location_id="store-darmo"),
    access_row("PUT /locations/{location_id}/position", "owner salesman", location_id="van-budi"),
    access_row("GET /staff", "owner"),
    access_row("PUT /staff/{staff_id}", "owner", staff_id="salesman-anton"),
    # sign-in
    access_row("POST /staff", "owner"),
    access_row("POST /sign-in", "all"),
    access_row("POST /sign-in/confirm", "all"),
    access_row("POST /sign-out", "staff"),
    access_row("GET /sessions", "staff"),
    access_row("DELETE /sessions/{session_id}", "salesman", session_id="a session"),
    # fulfillment
    access_row("GET /offers/{offer_id}", "salesman", offer_id="an offer"),
    access_row("POST /offers/{offer_id}/claim", "salesman", offer_id="an offer"),
    access_row("POST /offers/{offer_id}/decline", "salesman", offer_id="an offer"),
    access_row("GET /o/{token}", "all", token="a claim link"),
    access_row("POST /o/{token}/claim", "all", token="a claim link"),
    access_row("GET /fulfillments", "owner warehouse courier", query={"location": "wh-surabaya"}),
    access_row("POST /fulfillments/{fulfillment_id}/accept", "owner warehouse", fulfillment_id="work assigned"),
    access_row("POST /fulfillments/{fulfillment_id}/reject", "owner warehouse", fulfillment_id="work assigned"),
    access_row("POST /fulfillments/{fulfillment_id}/pick", "owner warehouse", fulfillment_id="work accepted"),
    access_row(
        "POST /fulfillments/{fulfillment_id}/pick", "owner salesman", fulfillment_id="work on a van", note="a van"
    ),
    access_row("POST /fulfillments/{fulfillment_id}/ready", "owner warehouse", fulfillment_id="work picking"),
    access_row("POST /fulfillments/{fulfillment_id}/dispatch", "owner warehouse courier", fulfillment_id="work ready"),
    access_row(
        "POST /fulfillments/{fulfillment_id}/deliver", "owner warehouse courier", fulfillment_id="work in transit"
    ),
    access_row("POST /fulfillments/{fulfillment_id}/fail", "owner warehouse courier", fulfillment_id="work in transit"),
    access_row(
        "POST /fulfillments/{fulfillment_id}/send-again", "owner warehouse", fulfillment_id="work that came back"
    ),
    access_row("POST /fulfillments/{fulfillment_id}/handover", "owner cashier", fulfillment_id="work to collect"),
    # notices and reports
    access_row("GET /inbox", "staff"),
    access_row("POST /inbox/{notice_id}/ack", "salesman warehouse", notice_id="a notice"),
    access_row("GET /orders/{order_id}/notices", WEB_ORDER, order_id="ord_01KB"),
    access_row("GET /exceptions", "owner"),
    access_row("GET /reports/ledger", "owner finance", query={"day": "2026-11-22"}),
    access_row("GET /reports/recap", "owner", query=DAYS),
    access_row("GET /reports/recap/orders", "owner", query=DAYS),
    access_row("POST /imports", "owner", query={"file": "products"}, body="sku,name,price\nTEH-009,Teh Hijau,9000\n"),
    access_row("GET /exports/{file}", "owner", file="products.csv"),
]

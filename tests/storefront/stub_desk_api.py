"""A stub of the API for the staff desk, with sample orders, offers, work, stock and reports."""

from __future__ import annotations

from typing import Any

from tests.storefront.build import rupiah, some_products
from tests.storefront.stub_api import StubApi, StubRequest, StubResponse, a_problem, an_order, quote_handler

ORDER = "ord_01KB"
WORK = "ful_01KB-1"
OFFER = "off_01KB-1"


def a_page(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "next": None}


def a_desk(role: str, location: str | None = None) -> StubApi:
    api = StubApi()
    me = {"id": f"{role}-1", "role": role, "name": "Budi Santoso", "location": location}
    answers: dict[str, Any] = {
        "GET /me": me,
        "GET /locations": a_page(*some_locations()),
        "GET /catalog/products": a_page(*some_products()),
        "GET /inbox": a_page(an_offer_notice(), a_notice()),
        f"GET /offers/{OFFER}": an_offer(),
        "GET /fulfillments": a_page(some_work()),
        "GET /fulfillments?of=awaiting": a_page(),
        f"GET /stock/locations/{location}": a_page(a_level("KOPI-01", 6), a_level("2000000000053", 1_412)),
        "GET /stock/transfers": a_page(a_transfer(location or "")),
        "GET /customers": a_page({"id": "cus_1", "name": "Warung Bu Tini", "phone": "+6281252981234", "address": None}),
        "GET /customers/cus_1": a_customer(),
        "GET /orders": a_page(an_order(units=2)),
        f"GET /orders/{ORDER}": an_order(id=ORDER),
        "GET /reports/recap": a_recap(),
        "GET /exceptions": a_page(an_exception()),
        "GET /reports/ledger": a_ledger(),
    }
    api.handlers = {name: respond_with(answer) for name, answer in answers.items()}
    api.handlers["POST /quotes"] = quote_handler(
        {product["sku"]: (product["name"], product["price"]["amount"]) for product in some_products()}
    )
    api.handlers[f"GET /orders/{ORDER}/routing"] = respond_with({"decisions": [], "fulfillments": [], "offers": []})
    api.handlers["GET /shifts/mine"] = lambda request: a_problem(404, "not_found")
    return api


def respond_with(answer: Any) -> Any:
    def handler(request: StubRequest) -> StubResponse:
        return 200, answer

    return handler


def some_locations() -> list[dict[str, Any]]:
    rows = [("van-budi", "van", "Mobil Budi"), ("wh-rungkut", "warehouse", "Gudang Rungkut")]
    rows.append(("st-darmo", "store", "Toko Darmo"))
    return [{"id": id, "kind": kind, "name": name, "active": True} for id, kind, name in rows]


def an_offer_notice(**facts: Any) -> dict[str, Any]:
    notice = {"id": "evt_1", "kind": "offer", "at": "2026-11-22T09:15:00.000Z", "to": "staff", "order": ORDER}
    notice |= {"offer": OFFER, "goods": [{"sku": "KOPI-01", "quantity": 2}], "distance_meters": 1234, "state": "open"}
    notice |= {"until": "2026-11-22T09:25:00.000Z", "claim": "/o/x", "acknowledged_at": None, "acknowledged_by": None}
    return notice | facts


def a_notice() -> dict[str, Any]:
    notice = {"id": "evt_2", "kind": "yours_now", "at": "2026-11-22T09:10:00.000Z", "to": "location", "order": ORDER}
    notice |= {"fulfillment": WORK, "location": "wh-rungkut", "goods": [{"sku": "BRS-01", "quantity": 1}]}
    return notice | {"state": "assigned", "acknowledged_at": None, "acknowledged_by": None}


def an_offer(**facts: Any) -> dict[str, Any]:
    line = {"sku": "KOPI-01", "name": "Kopi Gayo 200 g", "quantity": 2}
    return {
        "id": OFFER,
        "status": "open",
        "lines": [line],
        "cash_to_collect": rupiah(131_000),
        "fulfillment": None,
    } | facts


def some_work(**facts: Any) -> dict[str, Any]:
    work = {"id": WORK, "order_id": ORDER, "number": "SK-7H2K-4", "status": "assigned", "method": "ship"}
    work |= {"location": "wh-rungkut", "kind": "warehouse", "channel": "web", "note": "Pagar hijau"}
    work |= {"lines": [{"sku": "KOPI-01", "name": "Kopi Gayo 200 g", "quantity": 2}], "payment_status": "unpaid"}
    work |= {"cash_to_collect": rupiah(131_000), "assigned_at": "2026-11-22T09:15:00.000Z"}
    address = {"street": "Jl. Kenanga 5", "city": "Surabaya", "postcode": "60241"}
    return work | {"customer": {"name": "Sari", "phone": "+6281252981234"}, "address": address} | facts


def a_level(sku: str, units: int) -> dict[str, Any]:
    return {"sku": sku, "on_hand": units + 1, "reserved": 0, "allocated": 1, "display": 0, "available": units}


def a_transfer(destination: str) -> dict[str, Any]:
    lines = [{"sku": "KOPI-01", "sent": 5, "received": 0}]
    return {"id": "trf_1", "source": "wh-rungkut", "destination": destination, "status": "in_transit", "lines": lines}


def a_customer() -> dict[str, Any]:
    debt = {"id": "rec_1", "left": rupiah(450_000), "due_on": "2026-11-10", "overdue_days": 12}
    card = {"id": "cus_1", "name": "Warung Bu Tini", "company": "", "phone": "+6281252981234", "address": None}
    card |= {"credit_limit": rupiah(2_000_000), "credit_left": rupiah(1_250_000), "owed": rupiah(750_000)}
    return card | {"overdue": rupiah(450_000), "overdue_days": 12, "receivables": [debt]}


def a_recap() -> dict[str, Any]:
    row = {"channel": "web", "orders": 12, "units": 31, "sales": rupiah(1_275_000), "tax": rupiah(126_351)}
    row |= {"margin": rupiah(310_000), "cash": rupiah(400_000), "noncash": rupiah(875_000)}
    return a_page(row) | {"totals": [row]}


def a_shift(**facts: Any) -> dict[str, Any]:
    """Return an open shift with a float and some cash sales."""
    shift = {"id": "shf_1", "till": "till-st-darmo", "location": "st-darmo", "cashier": "cashier-1", "status": "open"}
    shift |= {"opening": rupiah(500_000), "cash_in": rupiah(125_000), "cash_out": rupiah(0)}
    return shift | {"expected": rupiah(625_000), "counted": None, "variance": None, "reason": None} | facts


def a_ledger(**facts: Any) -> dict[str, Any]:
    items = [an_entry("promised", "cod", 94_000, 3), an_entry("captured", "cod", 131_000, 2)]
    items.append(an_entry("captured", "transfer", 64_000, 1))
    totals = {"IDR": {"cash": 131_000, "non_cash": 64_000, "all": 195_000}}
    return {"day": "2026-11-22", "items": items, "totals": totals, "matched": True, "unmatched": []} | facts


def an_entry(kind: str, method: str, amount: int, count: int) -> dict[str, Any]:
    return {"method": method, "channel": "web", "kind": kind, "amount": rupiah(amount), "count": count}


def an_exception() -> dict[str, Any]:
    action = {"method": "POST", "path": f"/orders/{ORDER}/cancel"}
    return {
        "kind": "stranded",
        "since": "2026-11-22T09:00:00.000Z",
        "order": ORDER,
        "number": "SK-7H2K-4",
        "action": action,
    }

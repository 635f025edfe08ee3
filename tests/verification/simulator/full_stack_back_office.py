"""Back-office actions on the full path: pages and reports, customers, reference data, prices and imports.

Each history begins at another position of the two lists, so that a few histories request all of them.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from chalicelib.customers.verification_code import derive_code
from tests.shop import CUP, HERE, PRICES, RARE, TEAPOT, TRAY
from tests.verification.simulator.action_helpers import SKUS, STORE_LOCATION
from tests.verification.simulator.actions_operations import CAPPED_PROMOTION
from tests.verification.simulator.full_stack import FullStackSim
from tests.verification.simulator.full_stack_client import RequestRefused
from tests.verification.simulator.full_stack_orders import LIA, MAYA, RATNA, SINTA, choose_recent_order

PAGES_PER_ACTION = 2
DAYS = "from=2026-11-22&to=2026-11-23"
PAGES = (
    *((RATNA, path) for path in ("/exceptions", "/receivables", "/staff", "/orders", "/inbox", "/me")),
    *(("", path) for path in ("/catalog/products", "/promotions", "/coupons/HEMAT", "/l/feed", "/health", "/docs")),
    ("", f"/catalog/products/{CUP}"),
    ("", "/openapi.json"),
    (LIA, "/channels"),
    (LIA, "/locations"),
    (LIA, "/customers?phone=%2B6281200000009"),
    (LIA, "/customers/cus_makmur"),
    (RATNA, "/exports/stock.csv"),
    (RATNA, "/exports/orders.csv"),
    (RATNA, f"/reports/recap?{DAYS}"),
    (RATNA, f"/reports/recap/orders?{DAYS}&channel=web"),
    (MAYA, "/reports/ledger?day=2026-11-22"),
    (LIA, f"/stock?sku={CUP},{TEAPOT},{TRAY},{RARE}"),
    ("warehouse-joko", "/stock/locations/wh-surabaya"),
    ("warehouse-joko", "/inbox"),
    ("warehouse-joko", "/fulfillments?of=awaiting"),
    ("warehouse-joko", f"/stock/history?sku={CUP}&location=wh-surabaya"),
    (SINTA, f"/stock/transfers?location={STORE_LOCATION}"),
    (SINTA, "/shifts/{shift}/receipts"),
    (SINTA, "/cash-bags"),
    ("", "/problems/out_of_stock"),
    (LIA, "/orders/{order}/routing/replay"),
    (LIA, "/orders/{order}"),
    (LIA, "/orders/{order}/history"),
    (LIA, "/orders/{order}/routing"),
    (LIA, "/orders/{order}/notices"),
    (LIA, "/orders/{order}/delivery"),
    ("", "/orders/{order}?token={token}"),
)


def view_pages(sim: FullStackSim) -> str:
    """Request the next pages; refusals are ignored."""
    pages = [
        PAGES[(sim.seed * PAGES_PER_ACTION + sim.page_index + ahead) % len(PAGES)] for ahead in range(PAGES_PER_ACTION)
    ]
    sim.page_index += PAGES_PER_ACTION
    for staff, path in pages:
        with suppress(RequestRefused):
            sim.client.get("/api" + (path.format(**find_path_parameters(sim, path)) if "{" in path else path), staff)
    return ", ".join(path.partition("?")[0] for _, path in pages)


def find_path_parameters(sim: FullStackSim, path: str) -> dict[str, str]:
    """Return the values of the placeholders in the path."""
    if path.startswith("/shifts"):
        return {"shift": sim.client.get("/api/shifts/mine", SINTA)["id"]}
    order = choose_recent_order(sim)
    return {"order": order, "token": sim.orders[order] or "none"}


IDR = {"currency": "IDR"}
PHONE_IDENTITY = {"identity": "phone"}
LEGACY_CUSTOMERS_CSV = (
    "id,name,phone,credit_limit,terms_days,opening_receivable\ncus_lama,Lama,+628126000001,500000,14,20000\n"
)


def save_reference_data(sim: FullStackSim) -> str:
    """Send the next two requests that save reference data, and verify a guest's phone."""
    first = sim.seed * 2 + sim.saved_index
    sim.saved_index += 2
    requests = []
    for number in (first, first + 1):
        method, path, body, staff = build_requests(sim)[number % len(build_requests(sim))]
        is_idempotent = path == "/customers"
        with suppress(RequestRefused):
            sim.client.request(method, f"/api{path}", body, staff, idempotent=is_idempotent)
        requests.append(f"{method} {path.partition('?')[0]}")
    with suppress(RequestRefused):
        verify_guest_phone(sim)
    return ", ".join(requests)


def build_requests(sim: FullStackSim) -> list[tuple[str, str, Any, str]]:
    sku, number = sim.rng.choice(SKUS), sim.rng.randint(1, 3)
    price = {"sku": sku, "price": {"amount": PRICES[sku] + 100 * number} | IDR}
    terms = {"limit": {"amount": 400_000 + number} | IDR, "terms_days": 14, "reason": "customer request"}
    place = {"kind": "warehouse", "name": f"Gudang {number}", "position": HERE.to_json()}
    return [
        ("PUT", f"/catalog/products/{sku}", {"name": sku.title(), "category": f"Dapur {number}"}, RATNA),
        ("PUT", "/channels/social", {"active": True, "safety_units": number}, RATNA),
        ("PUT", "/locations/wh-malang", place, RATNA),
        ("PUT", "/placements", {"code": "feed", "channel": "social", "medium": "post", "sku": sku}, RATNA),
        ("PUT", "/prices", price, RATNA),
        ("PUT", "/promotions", CAPPED_PROMOTION | {"rate": f"0.{9 + number:02}"}, RATNA),
        ("PUT", "/customers/cus_makmur/terms", terms, RATNA),
        ("POST", "/customers", {"name": f"Toko {number}", "phone": f"08126000900{number}"}, LIA),
        ("POST", "/carts", {"lines": [{"sku": sku, "quantity": number}]}, ""),
    ]


def import_and_merge_customer(sim: FullStackSim) -> str:
    """Import a customer, merge it into a known one and unmerge it again."""
    sim.client.post("/api/imports?file=customers", LEGACY_CUSTOMERS_CSV, RATNA)
    for customer in ("cus_lama", "cus_makmur"):
        sim.client.post(f"/api/customers/{customer}/verify", PHONE_IDENTITY, LIA)
    sim.client.post("/api/customers/cus_lama/merge", {"into": "cus_makmur"}, LIA)
    sim.client.post("/api/customers/cus_lama/unmerge", None, LIA)
    return "cus_lama is merged and unmerged"


def verify_guest_phone(sim: FullStackSim) -> None:
    """Confirm with the sent code, or with a wrong one."""
    order = choose_recent_order(sim)
    token, identity = sim.orders[order], {"order": order} | PHONE_IDENTITY
    sim.client.post("/api/identities/verify", identity, token=token)
    customer = next(row["customer_id"] for row in sim.rows("orders", order) if row["sk"] == "order")
    sent = [row["ask_id"] for row in sim.rows("customers", customer) if "ask_id" in row]
    code = derive_code(sent[0]) if sent and sim.rng.random() < 0.7 else "000000"
    sim.client.post("/api/identities/confirm", identity | {"code": code}, token=token)

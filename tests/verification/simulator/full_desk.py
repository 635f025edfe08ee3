"""What people look at and keep at the shop's doors: lists and reports, customers, names, prices, files.

Each history begins at another place of the two lists and goes on from there, so that a few histories ask for all.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from chalicelib.customers.code import code_for
from tests.shop import CUP, HERE, PRICES, RARE, TEAPOT, TRAY
from tests.verification.simulator.deeds import SKUS, STORE
from tests.verification.simulator.deeds_house import HEMAT
from tests.verification.simulator.full import Full
from tests.verification.simulator.full_client import No
from tests.verification.simulator.full_orders import LIA, MAYA, RATNA, SINTA, an_order_of

AT_ONCE = 2  # pages that somebody looks at before he does something else
DAYS = "from=2026-11-22&to=2026-11-23"
LOOKS = (
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
    (SINTA, f"/stock/transfers?location={STORE}"),
    (SINTA, "/shifts/{shift}/receipts"),
    (LIA, "/orders/{order}"),
    (LIA, "/orders/{order}/history"),
    (LIA, "/orders/{order}/routing"),
    (LIA, "/orders/{order}/notices"),
    (LIA, "/orders/{order}/delivery"),
    ("", "/orders/{order}?token={token}"),
)


def somebody_looks(sim: Full) -> str:
    """Whatever he may not see he does without."""
    pages = [LOOKS[(sim.seed * AT_ONCE + sim.looked + ahead) % len(LOOKS)] for ahead in range(AT_ONCE)]
    sim.looked += AT_ONCE
    for staff, path in pages:
        with suppress(No):
            sim.doors.get("/api" + (path.format(**named(sim, path)) if "{" in path else path), staff)
    return ", ".join(path.partition("?")[0] for _, path in pages)


def named(sim: Full, path: str) -> dict[str, str]:
    """Whose page it is."""
    if path.startswith("/shifts"):
        return {"shift": sim.doors.get("/api/shifts/mine", SINTA)["id"]}
    order = an_order_of(sim)
    return {"order": order, "token": sim.orders[order] or "none"}


IDR = {"currency": "IDR"}
SARI = {"identity": "phone"}
OLD = "id,name,phone,credit_limit,terms_days,opening_receivable\ncus_lama,Lama,+628126000001,500000,14,20000\n"


def somebody_keeps(sim: Full) -> str:
    """The next two of what the desk keeps, in one breath."""
    first = sim.seed * 2 + sim.kept
    sim.kept += 2
    said = []
    for number in (first, first + 1):
        method, path, body, staff = entries(sim)[number % len(entries(sim))]
        keyed = path == "/customers"
        with suppress(No):
            sim.doors.ask(method, f"/api{path}", body, staff, keyed=keyed)
        said.append(f"{method} {path.partition('?')[0]}")
    with suppress(No):
        a_guest_proves_his_phone(sim)
    return ", ".join(said)


def entries(sim: Full) -> list[tuple[str, str, Any, str]]:
    sku, some = sim.chance.choice(SKUS), sim.chance.randint(1, 3)
    price = {"sku": sku, "price": {"amount": PRICES[sku] + 100 * some} | IDR}
    terms = {"limit": {"amount": 400_000 + some} | IDR, "terms_days": 14, "reason": "he asked"}
    place = {"kind": "warehouse", "name": f"Gudang {some}", "position": HERE.as_json()}
    return [
        ("PUT", f"/catalog/products/{sku}", {"name": sku.title(), "category": f"Dapur {some}"}, RATNA),
        ("PUT", "/channels/social", {"active": True, "safety_units": some}, RATNA),
        ("PUT", "/locations/wh-malang", place, RATNA),
        ("PUT", "/placements", {"code": "feed", "channel": "social", "medium": "post", "sku": sku}, RATNA),
        ("PUT", "/prices", price, RATNA),
        ("PUT", "/promotions", HEMAT | {"rate": f"0.{9 + some:02}"}, RATNA),
        ("PUT", "/customers/cus_makmur/terms", terms, RATNA),
        ("POST", "/customers", {"name": f"Toko {some}", "phone": f"08126000900{some}"}, LIA),
        ("POST", "/carts", {"lines": [{"sku": sku, "quantity": some}]}, ""),
    ]


def a_customer_comes_from_a_file(sim: Full) -> str:
    """He turns out to be one who is known, and then not."""
    sim.doors.post("/api/imports?file=customers", OLD, RATNA)
    for customer in ("cus_lama", "cus_makmur"):
        sim.doors.post(f"/api/customers/{customer}/verify", SARI, LIA)
    sim.doors.post("/api/customers/cus_lama/merge", {"into": "cus_makmur"}, LIA)
    sim.doors.post("/api/customers/cus_lama/unmerge", None, LIA)
    return "cus_lama is himself"


def a_guest_proves_his_phone(sim: Full) -> None:
    """With the code that he was sent, or with another."""
    order = an_order_of(sim)
    token, asked = sim.orders[order], {"order": order} | SARI
    sim.doors.post("/api/identities/verify", asked, token=token)
    customer = next(row["customer_id"] for row in sim.rows("orders", order) if row["sk"] == "order")
    sent = [row["ask_id"] for row in sim.rows("customers", customer) if "ask_id" in row]
    code = code_for(sent[0]) if sent and sim.chance.random() < 0.7 else "000000"
    sim.doors.post("/api/identities/confirm", asked | {"code": code}, token=token)

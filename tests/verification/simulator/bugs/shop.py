"""The shop of the bug scenarios. Its stock is part of the scenarios, so no other test uses it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

from chalicelib.customers.assign_salesman import assign_salesman
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.kit.money import Money
from chalicelib.payments import shift as shifts
from chalicelib.pricing.model import Coupon, Promotion
from chalicelib.pricing.save import save_promotion
from tests.fulfillment.build import park_vans
from tests.shop import CUP, RARE, TEAPOT, TRAY, add_stock, open_shop, principal_of
from tests.verification.simulator.sim import Sim
from tests.verification.simulator.store import Tables

SINTA, BUDI, DEWI, LIA = "cashier-sinta", "salesman-budi", "salesman-dewi", "agent-lia"
JOKO, AGUS, MAYA, RATNA = "warehouse-joko", "courier-agus", "finance-maya", "owner-ratna"
PROMOTION_START = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = {"id": "Sekali.", "en": "Once."}


@cache
def load_initial_tables() -> Tables:
    """Return a shop with two open shifts, both vans near the customer, one customer with credit and one coupon."""
    with Sim(-1).shop() as sim:  # no history has this seed
        open_shop(TEAPOT=9, CUP=20, RARE=1, TRAY=6)
        for sku, place, units in ((CUP, "store-tunjungan", 4), (RARE, "store-tunjungan", 1), (TRAY, "wh-sidoarjo", 4)):
            add_stock(sku, place, units)
        for van in ("van-budi", "van-dewi"):
            add_stock(TEAPOT, van, 3)
            add_stock(CUP, van, 3)
        for staff in (SINTA, BUDI):
            shifts.open_shift(principal_of(staff), "", Money(100_000, "IDR"))
        makmur = Customer("cus_makmur", "Toko Makmur", phone="+6281200000009", terms_days=14)
        save_customer(makmur, "test", credit_limit=Money(400_000, "IDR"))
        for staff in (BUDI, DEWI):
            assign_salesman(makmur.id, staff, actor="test")
        hemat = Promotion("hemat", "Hemat", "percent", PROMOTION_START, rate="0.10", terms=TERMS)
        save_promotion(hemat, "test", Coupon("HEMAT", "hemat", PROMOTION_START, cap=3))
        park_vans(BUDI, DEWI)
        return sim.memory.snapshot_of_setup()

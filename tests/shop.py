"""Sample data: two warehouses, a store, two vans, four products and a member of staff for every role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.customers.model import Customer
from chalicelib.customers.save import save_customer
from chalicelib.kit import auth, clock, db, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, Staff
from chalicelib.places.save import save_location, save_staff
from chalicelib.pricing.save import save_price
from chalicelib.stock.model import Allocation, StockReceived, receipt_movement
from chalicelib.stock.store import build_level_writes, level_key, load_levels
from tests.moto_aws import restore_or_build

REAL_CLOCK = clock.source
TEAPOT, CUP, RARE, TRAY = "TEAPOT", "CUP", "RARE", "TRAY"
PRICES = {TEAPOT: 125_000, CUP: 12_500, RARE: 900_000, TRAY: 40_000}
HERE = Point(-7.2575, 112.7521)

LOCATIONS = (
    Location("wh-surabaya", "warehouse", "Gudang Surabaya", Point(-7.25, 112.75), zone="Asia/Jakarta"),
    Location("wh-sidoarjo", "warehouse", "Gudang Sidoarjo", Point(-7.45, 112.71), zone="Asia/Jakarta"),
    Location("store-tunjungan", "store", "Toko Tunjungan", Point(-7.262, 112.738), zone="Asia/Jakarta"),
    Location("van-budi", "van", "Mobil Budi", HERE, zone="Asia/Jakarta"),
    Location("van-dewi", "van", "Mobil Dewi", HERE, zone="Asia/Jakarta"),
)
STAFF = (
    Staff("owner-ratna", "Ratna", "owner", "+6281100000001"),
    Staff("cashier-sinta", "Sinta", "cashier", location="store-tunjungan"),
    Staff("salesman-budi", "Budi", "salesman", "+6281100000003", location="van-budi"),
    Staff("salesman-dewi", "Dewi", "salesman", "+6281100000004", location="van-dewi"),
    Staff("agent-lia", "Lia", "agent"),
    Staff("warehouse-joko", "Joko", "warehouse", location="wh-surabaya"),
    Staff("courier-agus", "Agus", "courier"),
    Staff("finance-maya", "Maya", "finance"),
    Staff("channel-tokoku", "Tokoku", "channel"),
)


def open_shop(**stock: int) -> None:
    """Save the sample data; `open_shop(TEAPOT=5)` also receives five teapots at the first warehouse."""
    at = None if clock.source is REAL_CLOCK else clock.now()
    restore_or_build(("open_shop", at, *stock.items()), lambda: build_shop(**stock))
    places.clear_cache()


def build_shop(**stock: int) -> None:
    for location in LOCATIONS:
        save_location(location, "test")
    for person in STAFF:
        save_staff(person, "test")
    for sku, price in PRICES.items():
        save_product(Product(sku, sku.title(), "Dapur", "IDR", cost_minor=price // 2), "test")
        save_price(sku, Money(price, "IDR"), (), "test")
    places.clear_cache()
    for sku, quantity in stock.items():
        add_stock(sku, "wh-surabaya", quantity)


def add_stock(sku: str, location: str, quantity: int, shard: int = 0) -> None:
    now = clock.now()
    movements = [receipt_movement(Allocation(sku, location, quantity, shard))]
    event = StockReceived(location, "test", tuple(movements))
    entry, _ = journal.append_event(f"movement#{ids.new('mov', now)}", event, actor="test", at=now)
    db.commit([*build_level_writes(movements), entry])


def level(sku: str, location: str = "wh-surabaya", shard: int = 0) -> dict[str, int]:
    stored = next((item for item in load_levels([(sku, location)]) if item.shard == shard), None)
    return {name: getattr(stored, name, 0) for name in ("on_hand", "reserved", "allocated", "available")}


def stored_available(sku: str, location: str = "wh-surabaya") -> int:
    key = level_key(sku, location)
    return int(db.get(key.row, key.pk, key.sk).available)  # type: ignore[attr-defined]


def principal_of(staff_id: str) -> Principal:
    person = next(person for person in STAFF if person.id == staff_id)
    return Principal(person.role, person.id, person.location or None, person.name)


def token(staff_id: str) -> str:
    return auth.staff_token(staff_id, principal_of(staff_id).role)


def a_credit_customer(limit: int, name: str = "Toko Makmur", phone: str = "+6281200000009") -> str:
    customer = Customer("cus_makmur", name, phone=phone, terms_days=14)
    save_customer(customer, "test", credit_limit=Money(limit, "IDR"))
    return customer.id


def advance_clock(minutes: int) -> None:
    """Move the clock of this test forward."""
    step, previous = timedelta(minutes=minutes), clock.source
    clock.source = lambda: previous() + step


def an_order(*lines: tuple[str, int], **fields: Any) -> dict[str, Any]:
    """Return the body of a web order paid on delivery; `fields` replaces fields of it."""
    body: dict[str, Any] = {
        "channel": "web",
        "customer": {"name": "Sari", "phone": "081252981234"},
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "delivery": {"method": "ship", "address": {"street": "Jl. Kenanga 5", "position": HERE.to_json()}},
        "payments": [{"method": "cod"}],
    }
    return body | fields

"""Fills an empty shop with made-up products, staff, customers and stock. A second run changes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers.assign_salesman import assign_salesman
from chalicelib.customers.contact_details import parse_imported_contact
from chalicelib.customers.model import Address, Customer
from chalicelib.customers.save import save_customer
from chalicelib.kit import auth, clock, config, idempotency, policy
from chalicelib.kit.auth import Principal
from chalicelib.kit.idempotency import IdempotencyKey, Replay
from chalicelib.kit.money import Money
from chalicelib.payments.opening_receivables import record_opening_receivable
from chalicelib.places import find
from chalicelib.places.model import Location, Point, Postcode, Staff
from chalicelib.places.report_position import report_position
from chalicelib.places.save import save_location, save_postcodes, save_staff
from chalicelib.pricing.model import Coupon, PriceEntry, Promotion
from chalicelib.pricing.save import save_price, save_promotion
from chalicelib.stock import movements, transfer
from chalicelib.stock.set_expected import set_expected
from infra.demo.data import (
    BRANDS,
    CUSTOMERS,
    GRAMS,
    LOCATIONS,
    OFFICE_STAFF,
    POSTCODE_AREAS,
    PRODUCTS,
    SALESMEN,
    SCARCE_EVERY,
    STORE_HOURS,
)

SIZE = re.compile(r"\b(?P<number>[0-9]+) (?P<unit>kg|g|l|ml)\b(?: isi (?P<count>[0-9]+))?")
GRAMS_PER_UNIT = {"kg": 1000, "g": 1, "l": 1000, "ml": 1}
OWNER = Principal(role="owner", id="owner-ratna", name="Ratna Wijaya")
UNITS_PER_LOCATION = {
    "wh-surabaya": 400,
    "wh-sidoarjo": 250,
    "store-tunjungan": 40,
    "store-darmo": 30,
    "store-kenjeran": 25,
}
PRODUCTS_PER_VAN = 14
UNITS_PER_VAN_PRODUCT = 8


def seed_shop() -> None:
    if is_seeded():
        return
    save_locations()
    save_staff_members()
    save_products()
    save_customers()
    save_promotions()
    receive_stock()
    report_positions()


def is_seeded() -> bool:
    """Whether an earlier run of `seed_shop` finished, that is, its last write exists."""
    try:
        idempotency.check_repeat(demo_idempotency_key(f"arrive:{SALESMEN[-1][0]}"))
    except Replay:
        return True
    return False


def save_locations() -> None:
    for identity, kind, name, lat, lon, address in LOCATIONS:
        email = f"{identity}@satukanal.example"
        hours = STORE_HOURS if kind == "store" else ""
        location = Location(identity, kind, name, Point(lat, lon), zone=config.zone(), address=address, email=email)
        save_location(replace(location, hours=hours), OWNER.id)
    for name, full_name, lat, lon in SALESMEN:
        label = f"Mobil {full_name.split()[0]}"
        save_location(Location(van_id(name), "van", label, Point(lat, lon), zone=config.zone()), OWNER.id)
    postcodes = [Postcode(code, area, lat, lon) for code, (area, lat, lon) in POSTCODE_AREAS.items()]
    save_postcodes("ID", postcodes, OWNER.id, complete=False)


def save_staff_members() -> None:
    for member in (*list_office_staff(), *list_salesmen()):
        save_staff(member, OWNER.id)


def list_office_staff() -> Iterator[Staff]:
    for number, (identity, name, role, location) in enumerate(OFFICE_STAFF):
        phone = "" if role == "channel" else f"+62812520001{number:02d}"
        yield Staff(identity, name, role, phone, f"{identity}@satukanal.example", location)


def list_salesmen() -> Iterator[Staff]:
    for number, (name, full_name, _, _) in enumerate(SALESMEN):
        identity, phone = f"salesman-{name.lower()}", f"+62812520002{number:02d}"
        yield Staff(identity, full_name, "salesman", phone, f"{identity}@satukanal.example", van_id(name))


def van_id(name: str) -> str:
    return f"van-{name.lower()}"


def list_products() -> list[tuple[Product, int]]:
    """Products with their prices. The codes begin with 2, an EAN range for use within one company."""
    rows = [(category, name, price) for category, products in PRODUCTS.items() for name, price in products]
    return [(_build_product(number, *row), row[2]) for number, row in enumerate(rows)]


def _build_product(number: int, category: str, name: str, price: int) -> Product:
    brand = BRANDS[number % len(BRANDS)]
    description = f"{name} dari {brand}. Barang, harga, dan stok di toko percontohan ini rekaan."
    return Product(
        sku=with_check_digit(f"2{number + 1:011d}"),
        name=f"{brand} {name}",
        category=category,
        currency=config.currency(),
        description=description,
        barcode=with_check_digit(f"2{number + 1:011d}"),
        channels=("pos",) if name.startswith("Air mineral galon") else (),
        weight_grams=find_weight_grams(name),
        reorder_level=5 if is_scarce(number) else 40,
        cost_minor=price * 78 // 100,
    )


def find_weight_grams(name: str) -> int:
    """Return the weight that the name states, packs of several included; a milliliter weighs a gram."""
    if size := SIZE.search(name):
        return int(size["number"]) * GRAMS_PER_UNIT[size["unit"]] * int(size["count"] or 1)
    return GRAMS[name]


def with_check_digit(digits: str) -> str:
    """Append the check digit of an EAN-13."""
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return digits + str(-total % 10)


def is_scarce(number: int) -> bool:
    return number % SCARCE_EVERY == SCARCE_EVERY - 1


def save_products() -> None:
    for product, price in list_products():
        save_product(product, OWNER.id)
        wholesale = [PriceEntry(price * 94 // 100, price_list="grosir"), PriceEntry(price * 96 // 100, min_quantity=24)]
        save_price(product.sku, Money(price, "IDR"), wholesale, OWNER.id)


def save_customers() -> None:
    salesmen = [person.id for person in list_salesmen()]
    for number, (identity, name, company, street, postcode, limit, terms, owed, overdue) in enumerate(CUSTOMERS):
        contact = parse_imported_contact(
            name, f"+62813310003{number:02d}", f"{identity.removeprefix('cus-')}@pembeli.example"
        )
        address = Address(street, "Surabaya", postcode, "ID", *POSTCODE_AREAS[postcode][1:])
        group = "grosir" if limit >= 3_000_000 else ""
        customer = Customer(identity, name, company, contact.phone, contact.email, address, group, terms)
        due_on = (clock.now() - timedelta(days=overdue)).date()
        debt = record_opening_receivable(identity, Money(owed, "IDR"), due_on, OWNER.id) if owed else []
        save_customer(
            customer,
            OWNER.id,
            credit_limit=Money(limit, "IDR") if limit else None,
            opening_balance=Money(owed, "IDR") if owed else None,
            extra_writes=debt,
        )
        assign_salesman(identity, salesmen[number % len(salesmen)], OWNER.id)


def save_promotions() -> None:
    now = clock.now()
    since, until = now - timedelta(days=1), now + timedelta(days=90)
    percent_off = Promotion(
        "kopi-pagi",
        "Kopi & teh pagi",
        "percent",
        since,
        until,
        rate="0.1",
        currency="IDR",
        categories=("Kopi & Teh",),
        combinable=True,
        terms={"id": "Diskon 10% untuk kopi dan teh.", "en": "10% off coffee and tea."},
    )
    amount_off = Promotion(
        "lebaran",
        "Kupon Lebaran",
        "amount",
        since,
        until,
        amount_minor=15_000,
        currency="IDR",
        min_total_minor=100_000,
        combinable=True,
        terms={
            "id": "Potongan Rp15.000 untuk belanja mulai Rp100.000, 500 pemakaian pertama.",
            "en": "Rp15.000 off orders from Rp100.000, first 500 uses.",
        },
    )
    save_promotion(percent_off, OWNER.id)
    save_promotion(amount_off, OWNER.id, Coupon("LEBARAN", "lebaran", since, until, cap=500))
    placements.save_placement(Placement("ig-bio", "web", "social"), OWNER)


def receive_stock() -> None:
    """Receive stock at warehouses and stores, and load the vans by transfers that their drivers confirm."""
    numbered = list(enumerate(product.sku for product, _ in list_products()))
    for location, units in UNITS_PER_LOCATION.items():
        quantities = {sku: quantity for number, sku in numbered if (quantity := initial_units(number, location, units))}
        with suppress(Replay):
            key = demo_idempotency_key(f"receive:{location}")
            movements.receive(OWNER, location, quantities, "stok awal (rekaan)", key)
    for number, (name, *_) in enumerate(SALESMEN):
        load_van(name, van_load(number))
    announce_inbound()


def announce_inbound() -> None:
    """Announce inbound units of some scarce products, so that they can be sold in advance."""
    scarce = [product.sku for number, (product, _) in enumerate(list_products()) if is_scarce(number)]
    soon = clock.day_of(clock.now(), config.zone()) + timedelta(days=5)
    with suppress(Replay):
        set_expected(
            OWNER,
            "wh-surabaya",
            soon,
            dict.fromkeys(scarce[:3], 24),
            "pesanan ke pemasok (rekaan)",
            demo_idempotency_key("more"),
        )


def initial_units(number: int, location: str, units: int) -> int:
    """Units of a product at a location. A scarce product is at one warehouse (12) and one store (4) only."""
    if is_scarce(number):
        stores = [name for name in UNITS_PER_LOCATION if name.startswith("store")]
        return {"wh-surabaya": 12, stores[number % len(stores)]: 4}.get(location, 0)
    return units - number % 7


def van_load(number: int) -> dict[str, int]:
    """The load of van `number`. Loads of neighboring vans overlap, so that an offer can invite two salesmen."""
    skus = [product.sku for position, (product, _) in enumerate(list_products()) if not is_scarce(position)]
    start = number * len(skus) // len(SALESMEN)
    return {skus[(start + step) % len(skus)]: UNITS_PER_VAN_PRODUCT for step in range(PRODUCTS_PER_VAN)}


def load_van(name: str, load: dict[str, int]) -> None:
    source = "wh-sidoarjo" if name == "Joko" else "wh-surabaya"
    try:
        sent = transfer.send(OWNER, source, van_id(name), load, "muatan pagi", demo_idempotency_key(f"load:{name}"))
    except Replay as replay:
        sent = replay.answer
    driver = Principal(role="salesman", id=f"salesman-{name.lower()}", location=van_id(name))
    with suppress(Replay):
        transfer.receive(driver, sent["id"], None, demo_idempotency_key(f"arrive:{name}"))


def demo_idempotency_key(name: str) -> IdempotencyKey:
    return idempotency.build_idempotency_key("demo", "furnish", name, None)


def report_positions() -> None:
    """Report the unchanged positions of all vans, because old positions would exclude them from offers."""
    for name, _, lat, lon in SALESMEN:
        report_position(OWNER, van_id(name), Point(lat, lon))


def list_staff_with_tokens() -> list[dict[str, Any]]:
    """All active staff with tokens, ordered by role."""
    ranks = {role: rank for rank, role in enumerate(policy.ROLES)}
    members = sorted(find.load_staff().values(), key=lambda member: (ranks[member.role], member.id))
    return [
        {
            "id": member.id,
            "name": member.name,
            "role": member.role,
            "location": member.location or None,
            "token": auth.staff_token(member.id, member.role, member.version),
        }
        for member in members
        if member.active
    ]


if __name__ == "__main__":
    seed_shop()
    print(json.dumps({"people": list_staff_with_tokens(), "van_skus": list(van_load(0))[:2]}))

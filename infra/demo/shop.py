"""Fills an empty shop with goods, people and stock that are made up and say so; a second time changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product
from chalicelib.channels import placements
from chalicelib.channels.model import Placement
from chalicelib.customers.keep import contact_of, keep_customer
from chalicelib.customers.model import Address, Customer
from chalicelib.kit import auth, clock, config, requests
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import Money
from chalicelib.kit.requests import AlreadyAnswered, Asked
from chalicelib.payments.opening import opening_debt
from chalicelib.places import find
from chalicelib.places.keep import keep_location, keep_postcodes, keep_staff
from chalicelib.places.model import Location, Point, Postcode, Staff
from chalicelib.places.move import report_position
from chalicelib.pricing.keep import keep_price, keep_promotion
from chalicelib.pricing.model import Coupon, PriceEntry, Promotion
from chalicelib.stock import move, transfer
from chalicelib.stock.expect import expect
from infra.demo.goods import AREAS, BUYERS, GOODS, MAKERS, OFFICE, PLACES, SALESMEN, SCARCE_EVERY

OWNER = Principal(role="owner", id="owner-ratna", name="Ratna Wijaya")
STOCKED = {"wh-surabaya": 400, "wh-sidoarjo": 250, "store-tunjungan": 40, "store-darmo": 30, "store-kenjeran": 25}
ON_A_VAN = 14  # products of each van's load
UNITS_ON_A_VAN = 8


def furnish() -> None:
    if is_furnished():
        return
    keep_places()
    keep_people()
    keep_goods()
    keep_buyers()
    keep_promotions()
    keep_stock()
    report_positions()


def is_furnished() -> bool:
    """The last thing that is written down."""
    try:
        requests.look_up(asked(f"arrive:{SALESMEN[-1][0]}"))
    except AlreadyAnswered:
        return True
    return False


def keep_places() -> None:
    for identity, kind, name, lat, lon, address in PLACES:
        email = f"{identity}@satukanal.example"
        keep_location(
            Location(identity, kind, name, Point(lat, lon), zone=config.zone(), address=address, email=email), OWNER.id
        )
    for name, full, lat, lon in SALESMEN:
        keep_location(
            Location(van_of(name), "van", f"Mobil {full.split()[0]}", Point(lat, lon), zone=config.zone()), OWNER.id
        )
    known = [Postcode(code, area, lat, lon) for code, (area, lat, lon) in AREAS.items()]
    keep_postcodes("ID", known, OWNER.id, complete=False)


def keep_people() -> None:
    for member in (*office(), *salesmen()):
        keep_staff(member, OWNER.id)


def office() -> Iterator[Staff]:
    for number, (identity, name, role, location) in enumerate(OFFICE):
        phone = "" if role == "channel" else f"+62812520001{number:02d}"
        yield Staff(identity, name, role, phone, f"{identity}@satukanal.example", location)


def salesmen() -> Iterator[Staff]:
    for number, (name, full, _, _) in enumerate(SALESMEN):
        identity, phone = f"salesman-{name.lower()}", f"+62812520002{number:02d}"
        yield Staff(identity, full, "salesman", phone, f"{identity}@satukanal.example", van_of(name))


def van_of(name: str) -> str:
    return f"van-{name.lower()}"


def goods() -> list[tuple[Product, int]]:
    """Each product with its price; the codes begin with 2, which shops use among themselves."""
    listed = [(category, name, price) for category, some in GOODS.items() for name, price in some]
    return [(_product(number, *facts), facts[2]) for number, facts in enumerate(listed)]


def _product(number: int, category: str, name: str, price: int) -> Product:
    maker = MAKERS[number % len(MAKERS)]
    text = f"{name} dari {maker}. Barang, harga, dan stok di toko percontohan ini rekaan."
    return Product(
        sku=with_check_digit(f"2{number + 1:011d}"),
        name=f"{maker} {name}",
        category=category,
        currency=config.currency(),
        description=text,
        barcode=with_check_digit(f"2{number + 1:011d}"),
        channels=("pos",) if name.startswith("Air mineral galon") else (),
        weight_grams=500,
        reorder_level=5 if is_scarce(number) else 40,
        cost_minor=price * 78 // 100,
    )


def with_check_digit(digits: str) -> str:
    """An EAN-13's last digit: weights 1 and 3 in turn."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


def is_scarce(number: int) -> bool:
    return number % SCARCE_EVERY == SCARCE_EVERY - 1


def keep_goods() -> None:
    for product, price in goods():
        keep_product(product, OWNER.id)
        wholesale = [PriceEntry(price * 94 // 100, price_list="grosir"), PriceEntry(price * 96 // 100, min_quantity=24)]
        keep_price(product.sku, Money(price, "IDR"), wholesale, OWNER.id)


def keep_buyers() -> None:
    for number, (identity, name, company, street, postcode, limit, terms, owed, overdue) in enumerate(BUYERS):
        reached = contact_of(name, f"+62813310003{number:02d}", f"{identity.removeprefix('cus-')}@pembeli.example")
        address = Address(street, "Surabaya", postcode, "ID", *AREAS[postcode][1:])
        group = "grosir" if limit >= 3_000_000 else ""
        buyer = Customer(identity, name, company, reached.phone, reached.email, address, group, terms)
        granted = Money(limit, "IDR") if limit else None
        due_on = (clock.now() - timedelta(days=overdue)).date()
        debt = opening_debt(identity, Money(owed, "IDR"), due_on, OWNER.id) if owed else []
        keep_customer(buyer, OWNER.id, credit_limit=granted, opening=Money(owed, "IDR") if owed else None, along=debt)


def keep_promotions() -> None:
    now = clock.now()
    since, until = now - timedelta(days=1), now + timedelta(days=90)
    tea = Promotion(
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
    lebaran = Promotion(
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
    keep_promotion(tea, OWNER.id)
    keep_promotion(lebaran, OWNER.id, Coupon("LEBARAN", "lebaran", since, until, cap=500))
    placements.keep(Placement("ig-bio", "web", "social"), OWNER)


def keep_stock() -> None:
    """Received at warehouses and stores, then loaded on the vans by transfers that their drivers confirm."""
    numbered = list(enumerate(product.sku for product, _ in goods()))
    for place, units in STOCKED.items():
        amounts = {sku: amount for number, sku in numbered if (amount := units_of(number, place, units))}
        with suppress(AlreadyAnswered):
            move.receive(OWNER, place, amounts, "stok awal (rekaan)", asked(f"receive:{place}"))
    for number, (name, *_) in enumerate(SALESMEN):
        load_van(name, van_load(number))
    expect_more()


def expect_more() -> None:
    """Of what is scarce two dozen are on their way, so that it can be sold ahead."""
    scarce = [product.sku for number, (product, _) in enumerate(goods()) if is_scarce(number)]
    soon = clock.day_of(clock.now(), config.zone()) + timedelta(days=5)
    with suppress(AlreadyAnswered):
        expect(OWNER, "wh-surabaya", soon, dict.fromkeys(scarce[:3], 24), "pesanan ke pemasok (rekaan)", asked("more"))


def units_of(number: int, place: str, units: int) -> int:
    """What is scarce lies in two places only, twelve units there and four here."""
    if is_scarce(number):
        shops = [place for place in STOCKED if place.startswith("store")]
        return {"wh-surabaya": 12, shops[number % len(shops)]: 4}.get(place, 0)
    return units - number % 7


def van_load(number: int) -> dict[str, int]:
    """Each van carries another part of the range; neighbours share some of it, so that two can be asked."""
    plenty = [product.sku for place, (product, _) in enumerate(goods()) if not is_scarce(place)]
    start = number * len(plenty) // len(SALESMEN)
    return {plenty[(start + step) % len(plenty)]: UNITS_ON_A_VAN for step in range(ON_A_VAN)}


def load_van(name: str, load: dict[str, int]) -> None:
    source = "wh-sidoarjo" if name == "Joko" else "wh-surabaya"
    try:
        sent = transfer.send(OWNER, source, van_of(name), load, "muatan pagi", asked(f"load:{name}"))
    except AlreadyAnswered as done:
        sent = done.answer
    driver = Principal(role="salesman", id=f"salesman-{name.lower()}", location=van_of(name))
    with suppress(AlreadyAnswered):
        transfer.receive(driver, sent["id"], None, asked(f"arrive:{name}"))


def asked(what: str) -> Asked:
    return requests.asked("demo", "furnish", what, None)


def report_positions() -> None:
    """The demo's drivers do not move, but their phones go on saying where they are."""
    for name, _, lat, lon in SALESMEN:
        report_position(OWNER, van_of(name), Point(lat, lon))


def people() -> list[dict[str, Any]]:
    """Every active member of staff with a token, in the order of their roles."""
    ranks = {role: rank for rank, role in enumerate(auth.ROLES)}
    members = sorted(find.staff().values(), key=lambda member: (ranks[member.role], member.id))
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
    furnish()
    print(json.dumps({"people": people(), "near": list(van_load(0))[:2]}))

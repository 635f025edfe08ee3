"""Rows of reference files as the shop's own values, and the verbs that keep them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from chalicelib.catalog.find import products_of
from chalicelib.catalog.keep import keep_product
from chalicelib.catalog.model import Product, check_product
from chalicelib.catalog.store import product_key
from chalicelib.customers.keep import contact_of, keep_customer
from chalicelib.customers.model import Address, Customer
from chalicelib.customers.store import customer_key
from chalicelib.exchange.model import BadValue, Line
from chalicelib.kit import clock, config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.money import CURRENCIES, Money, from_decimal
from chalicelib.payments.opening import opening_debt
from chalicelib.places import find as places
from chalicelib.places.keep import keep_location, keep_staff
from chalicelib.places.keep import keep_postcodes as keep_country
from chalicelib.places.model import KINDS, Location, Point, Postcode, Staff, check_location, check_staff
from chalicelib.pricing.find import prices
from chalicelib.pricing.keep import keep_price
from chalicelib.pricing.model import PriceEntry
from chalicelib.stock.keep import Kept, keep_levels


@dataclass
class Known:
    """What a row may refer to: names in the folder itself, else in the shop."""

    folder: dict[str, set[str]]
    asked: dict[tuple[str, str], bool] = field(default_factory=dict)

    def has(self, what: str, name: str) -> bool:
        if name in self.folder[what]:
            return True
        if (what, name) not in self.asked:
            self.asked[what, name] = _in_shop(what, name)
        return self.asked[what, name]

    def check(self, what: str, column: str, name: str) -> None:
        if name and not self.has(what, name):
            raise BadValue(column, f"{name} is not in {what}.csv and not in the shop")


def _in_shop(what: str, name: str) -> bool:
    if what == "locations":
        return name in places.locations()
    if what == "staff":
        return name in places.staff()
    key = product_key(name) if what == "products" else customer_key(name)
    return db.get(key.row, key.pk, key.sk) is not None


def read_location(line: Line, known: Known) -> Location:
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    if line.text("kind") not in KINDS:
        raise BadValue("kind", f"is none of {', '.join(KINDS)}")
    if (lat is None) != (lon is None):
        raise BadValue("lat", "lat and lon come together")
    point = Point(lat, lon) if lat is not None and lon is not None else None
    made = Location(line.needed("id", 64), line.text("kind"), line.needed("name"), point, zone=config.zone())
    check_location(made)
    known.check("staff", "staff", line.text("staff"))
    return made


def read_staff(line: Line, known: Known) -> Staff:
    known.check("locations", "location", line.text("location"))
    contact = contact_of(line.needed("name"), line.text("phone"), line.text("email"), config.country())
    made = Staff(
        line.needed("id", 64), contact.name, line.needed("role"), contact.phone, contact.email, line.text("location")
    )
    check_staff(made)
    return made


@dataclass(frozen=True)
class Priced:
    product: Product
    price: Money


def read_product(line: Line, known: Known) -> Priced:
    currency = line.text("currency", default=config.currency())
    if currency not in CURRENCIES:
        raise BadValue("currency", f"is none of {', '.join(CURRENCIES)}")
    if currency != config.currency():
        raise BadValue("currency", f"this shop counts in {config.currency()}")
    cost = line.decimal("cost", default=None)
    product = Product(
        sku=line.needed("sku", 64),
        name=line.needed("name"),
        category=line.text("category", 80),
        currency=currency,
        description=line.text("description", 4000),
        barcode=line.text("barcode", 48),
        tax_rate=line.text("tax_rate", default="0.11"),
        channels=tuple(channel for channel in line.text("channels").split(";") if channel),
        weight_grams=line.whole("weight_grams"),
        reorder_level=line.whole("reorder_level"),
        cost_minor=from_decimal(cost, currency).minor if cost is not None else None,
    )
    check_product(product)
    line.needed("price")
    return Priced(product, from_decimal(line.decimal("price") or Decimal(0), currency))


def read_postcode(line: Line, known: Known) -> tuple[str, Postcode]:
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    country, postcode = places.written(line.needed("country", 2), line.needed("postcode", 16))
    return country, Postcode(postcode, line.text("area"), lat, lon)


def read_level(line: Line, known: Known) -> tuple[str, Kept]:
    sku, location = line.needed("sku", 64), line.needed("location", 64)
    known.check("products", "sku", sku)
    known.check("locations", "location", location)
    line.needed("on_hand")
    return location, Kept(sku, line.whole("on_hand"), line.whole("safety_stock"), line.whole("display"))


@dataclass(frozen=True)
class Account:
    customer: Customer
    limit: Money | None
    opening: Money | None


def read_customer(line: Line, known: Known) -> Account:
    contact = contact_of(line.needed("name"), line.text("phone"), line.text("email"), line.text("country"))
    address = _address(line)
    customer = Customer(
        line.needed("id", 64),
        contact.name,
        company=line.text("company"),
        phone=contact.phone,
        email=contact.email,
        address=address,
        terms_days=line.whole("terms_days", most=3650),
    )
    return Account(customer, _amount(line, "credit_limit"), _amount(line, "opening_receivable"))


def _address(line: Line) -> Address:
    """Without coordinates it lies where its postcode does, so that a van near it can be found."""
    postcode, country = line.text("postcode", 16), line.text("country", 40, config.country())
    point = None
    if postcode and len(country) == 2:
        places.check_postcode(country, postcode)
        point = places.whereabouts(country, postcode)
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    if lat is None and point is not None:
        lat, lon = point.lat, point.lon
    return Address(line.text("street"), line.text("city"), postcode, country, lat, lon)


def _amount(line: Line, column: str) -> Money | None:
    said = line.decimal(column, default=None)
    return None if said is None else from_decimal(said, config.currency())


def keep_product_row(said: Priced, principal: Principal) -> bool:
    changed = keep_product(_as_known(said.product), principal.actor)
    return keep_price(said.product.sku, said.price, _entries(said.product.sku), principal.actor) or changed


def _as_known(product: Product) -> Product:
    """What the file has no column for stays as it is here."""
    known = products_of([product.sku]).get(product.sku)
    if known is None:
        return product
    kept = ("image", "variant_of", "complements", "alternatives", "shelves", "active")
    return replace(product, **{name: getattr(known, name) for name in kept})


def _entries(sku: str) -> tuple[PriceEntry, ...]:
    """The file knows one price; lists and tiers made here stay."""
    found = prices([sku]).get(sku)
    return found.entries if found else ()


def keep_customer_row(said: Account, principal: Principal) -> bool:
    customer, opening = said.customer, said.opening
    owed = []
    if opening:
        due = clock.day_of(clock.now(), config.zone()) + timedelta(days=customer.terms_days)
        owed = opening_debt(customer.id, opening, due, principal.actor)
    return keep_customer(customer, principal.actor, credit_limit=said.limit, opening=opening or None, along=owed)


def keep_postcodes(said: list[tuple[str, Postcode]], principal: Principal) -> int:
    by_country: dict[str, list[Postcode]] = {}
    for country, postcode in said:
        by_country.setdefault(country, []).append(postcode)
    return sum(keep_country(country, each, principal.actor) for country, each in by_country.items())


def keep_stock(said: list[tuple[str, Kept]], principal: Principal) -> int:
    by_location: dict[str, list[Kept]] = {}
    for location, level in said:
        by_location.setdefault(location, []).append(level)
    return sum(keep_levels(principal, location, levels) for location, levels in by_location.items())


def _told(keep: Callable[[Any, str], Any]) -> Callable[[Any, Principal], Any]:
    return lambda value, principal: keep(value, principal.actor)


TOGETHER: dict[str, Callable[[Any, Principal], int]] = {"postcodes": keep_postcodes, "stock": keep_stock}
READ: dict[str, Callable[[Line, Any], Any]] = {
    "locations": read_location,
    "staff": read_staff,
    "products": read_product,
    "postcodes": read_postcode,
    "stock": read_level,
    "customers": read_customer,
}
KEEP: dict[str, Callable[[Any, Principal], Any]] = {
    "locations": _told(keep_location),
    "staff": _told(keep_staff),
    "products": keep_product_row,
    "customers": keep_customer_row,
}

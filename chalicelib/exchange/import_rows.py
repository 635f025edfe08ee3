"""Parsing the rows of each file except orders, and the use cases that save them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.find import load_products
from chalicelib.catalog.model import Product, check_product
from chalicelib.catalog.save import save_product
from chalicelib.catalog.store import product_key
from chalicelib.customers.contact_details import list_identities, parse_imported_contact
from chalicelib.customers.model import Address, Customer
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import customer_key
from chalicelib.exchange.model import BadValue, CsvRow, RowError
from chalicelib.kit import clock, config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.countries import UNKNOWN_COUNTRY, find_country_code
from chalicelib.kit.money import CURRENCIES, Money
from chalicelib.payments.opening_receivables import record_opening_receivable
from chalicelib.places import find as places
from chalicelib.places import save as save_places
from chalicelib.places.model import LOCATION_KINDS, Location, Point, Postcode, Staff, check_location, check_staff
from chalicelib.places.save import save_location, save_staff
from chalicelib.pricing.find import load_prices
from chalicelib.pricing.model import PriceEntry
from chalicelib.pricing.save import save_price
from chalicelib.stock.save import TargetLevel, save_levels


@dataclass
class KnownIds:
    """The ids that a row may refer to: those in the imported folder, and those in the shop."""

    folder: dict[str, set[str]]
    cache: dict[tuple[str, str], bool] = field(default_factory=dict)

    def has(self, what: str, name: str) -> bool:
        if name in self.folder[what]:
            return True
        if (what, name) not in self.cache:
            self.cache[what, name] = _exists_in_shop(what, name)
        return self.cache[what, name]

    def check(self, what: str, column: str, name: str) -> None:
        if name and not self.has(what, name):
            raise BadValue(column, f"{name} is neither in {what}.csv nor in the shop")


def _exists_in_shop(what: str, name: str) -> bool:
    if what == "locations":
        return name in places.load_locations()
    if what == "staff":
        return name in places.load_staff()
    key = product_key(name) if what == "products" else customer_key(name)
    return db.get(key.row, key.pk, key.sk) is not None


def read_location(line: CsvRow, known: KnownIds) -> Location:
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    if line.text("kind") not in LOCATION_KINDS:
        raise BadValue("kind", f"must be one of {', '.join(LOCATION_KINDS)}")
    if (lat is None) != (lon is None):
        raise BadValue("lat", "needs both lat and lon")
    point = Point(lat, lon) if lat is not None and lon is not None else None
    location = Location(
        line.required_text("id", 64), line.text("kind"), line.required_text("name"), point, zone=config.zone()
    )
    check_location(location)
    known.check("staff", "staff", line.text("staff"))
    return location


def read_staff(line: CsvRow, known: KnownIds) -> Staff:
    known.check("locations", "location", line.text("location"))
    contact = parse_imported_contact(line.required_text("name"), line.text("phone"), line.text("email"))
    person = Staff(
        line.required_text("id", 64),
        contact.name,
        line.required_text("role"),
        contact.phone,
        contact.email,
        line.text("location"),
    )
    check_staff(person)
    return person


@dataclass(frozen=True)
class PricedProduct:
    product: Product
    price: Money


def read_product(line: CsvRow, known: KnownIds) -> PricedProduct:
    currency = line.text("currency", default=config.currency())
    if currency not in CURRENCIES:
        raise BadValue("currency", f"must be one of {', '.join(CURRENCIES)}")
    if currency != config.currency():
        raise BadValue("currency", f"must be {config.currency()}, the currency of this shop")
    cost = line.amount("cost")
    product = Product(
        sku=line.required_text("sku", 64),
        name=line.required_text("name"),
        category=line.text("category", 80),
        currency=currency,
        description=line.text("description", 4000),
        barcode=line.text("barcode", 48),
        tax_rate=_tax_rate(line),
        channels=tuple(channel for channel in line.text("channels").split(";") if channel),
        weight_grams=line.integer("weight_grams"),
        reorder_level=line.integer("reorder_level"),
        cost_minor=cost.minor if cost is not None else None,
    )
    check_product(product)
    price = line.amount("price")
    if price is None:
        raise BadValue("price", "is empty")
    return PricedProduct(product, price)


def _tax_rate(line: CsvRow) -> str:
    return line.small_number("tax_rate") or "0.11"


def read_postcode(line: CsvRow, known: KnownIds) -> tuple[str, Postcode]:
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    line.required_text("country")
    country, postcode = places.normalize_postcode(_country(line), line.required_text("postcode", 16))
    return country, Postcode(postcode, line.text("area"), lat, lon)


def read_level(line: CsvRow, known: KnownIds) -> tuple[str, TargetLevel]:
    sku, location = line.required_text("sku", 64), line.required_text("location", 64)
    known.check("products", "sku", sku)
    known.check("locations", "location", location)
    line.required_text("on_hand")
    return location, TargetLevel(sku, line.integer("on_hand"), line.integer("safety_stock"), line.integer("display"))


@dataclass(frozen=True)
class ImportedCustomer:
    customer: Customer
    limit: Money | None
    opening: Money | None


def read_customer(line: CsvRow, known: KnownIds) -> ImportedCustomer:
    country = _country(line)
    contact = parse_imported_contact(line.required_text("name"), line.text("phone"), line.text("email"), country)
    address = _address(line, country)
    customer = Customer(
        line.required_text("id", 64),
        contact.name,
        company=line.text("company"),
        phone=contact.phone,
        email=contact.email,
        address=address,
        terms_days=line.integer("terms_days", maximum=3650),
    )
    return ImportedCustomer(customer, line.amount("credit_limit"), line.amount("opening_receivable"))


def _country(line: CsvRow) -> str:
    """Return the ISO code of the row's country, which may be written as a name; an empty cell is the shop's."""
    code = find_country_code(line.text("country", 60, config.country()))
    if code is None:
        raise BadValue("country", UNKNOWN_COUNTRY)
    return code


def list_contact_warnings(line: CsvRow, row: Any) -> list[RowError]:
    """Return what is kept as written of a person's contact details because no such number or address exists."""
    person = row.customer if isinstance(row, ImportedCustomer) else row
    if not isinstance(person, (Customer, Staff)):
        return []
    valid = dict(list_identities(person.phone, person.email))
    reason = "{} is kept as written: it is not valid, gets no messages and identifies no one"
    written = {"phone": person.phone, "email": person.email}
    return [
        RowError(line.file, line.row, column, reason.format(text))
        for column, text in written.items()
        if text and column not in valid
    ]


def _address(line: CsvRow, country: str) -> Address:
    """Return the address; without coordinates it gets those of its postcode, so that a near van can be found."""
    postcode = line.text("postcode", 16)
    point = None
    if postcode:
        places.check_postcode(country, postcode)
        point = places.find_postcode_point(country, postcode)
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    if lat is None and point is not None:
        lat, lon = point.lat, point.lon
    return Address(line.text("street"), line.text("city"), postcode, country, lat, lon)


def save_product_row(row: PricedProduct, principal: Principal) -> bool:
    changed = save_product(_with_stored_fields(row.product), principal.actor)
    return save_price(row.product.sku, row.price, _stored_price_entries(row.product.sku), principal.actor) or changed


def _with_stored_fields(product: Product) -> Product:
    """Return the product with the stored values of the fields that the file has no column for."""
    stored = load_products([product.sku]).get(product.sku)
    if stored is None:
        return product
    missing_columns = ("image", "variant_of", "complements", "alternatives", "shelves", "active")
    return replace(product, **{name: getattr(stored, name) for name in missing_columns})


def _stored_price_entries(sku: str) -> tuple[PriceEntry, ...]:
    """Return the stored price lists and tiers, because the file has only the base price."""
    prices = load_prices([sku]).get(sku)
    return prices.entries if prices else ()


def save_customer_row(row: ImportedCustomer, principal: Principal) -> bool:
    customer, opening = row.customer, row.opening
    receivable_writes = []
    if opening:
        due = clock.day_of(clock.now(), config.zone()) + timedelta(days=customer.terms_days)
        receivable_writes = record_opening_receivable(customer.id, opening, due, principal.actor)
    return save_customer(
        customer,
        principal.actor,
        credit_limit=row.limit,
        opening_balance=opening or None,
        extra_writes=receivable_writes,
    )


def save_postcodes(rows: list[tuple[str, Postcode]], principal: Principal) -> int:
    by_country: dict[str, list[Postcode]] = {}
    for country, postcode in rows:
        by_country.setdefault(country, []).append(postcode)
    return sum(
        save_places.save_postcodes(country, postcodes, principal.actor) for country, postcodes in by_country.items()
    )


def save_stock(rows: list[tuple[str, TargetLevel]], principal: Principal) -> int:
    by_location: dict[str, list[TargetLevel]] = {}
    for location, level in rows:
        by_location.setdefault(location, []).append(level)
    return sum(save_levels(principal, location, levels) for location, levels in by_location.items())


def _with_actor(save: Callable[[Any, str], Any]) -> Callable[[Any, Principal], Any]:
    return lambda value, principal: save(value, principal.actor)


BATCH_SAVERS: dict[str, Callable[[Any, Principal], int]] = {"postcodes": save_postcodes, "stock": save_stock}
READERS: dict[str, Callable[[CsvRow, Any], Any]] = {
    "locations": read_location,
    "staff": read_staff,
    "products": read_product,
    "postcodes": read_postcode,
    "stock": read_level,
    "customers": read_customer,
}
SAVERS: dict[str, Callable[[Any, Principal], Any]] = {
    "locations": _with_actor(save_location),
    "staff": _with_actor(save_staff),
    "products": save_product_row,
    "customers": save_customer_row,
}

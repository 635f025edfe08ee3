"""Parsing the rows of each file except orders, and the use cases that save them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from chalicelib.catalog.find import load_products
from chalicelib.catalog.model import Product, check_product
from chalicelib.catalog.save import save_product
from chalicelib.catalog.store import product_key
from chalicelib.customers.contact_details import list_identities, parse_imported_contact
from chalicelib.customers.model import Address, Credit, Customer, IdentityTaken
from chalicelib.customers.save import save_customer
from chalicelib.customers.store import credit_key, customer_key, row_to_credit, row_to_customer
from chalicelib.exchange.model import BadValue, CsvRow, RowError
from chalicelib.kit import clock, config, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.countries import UNKNOWN_COUNTRY, find_country_code
from chalicelib.kit.money import CURRENCIES, Money, format_money, zero
from chalicelib.payments.opening_receivables import (
    add_opening_receivable,
    find_opening_amount,
    record_opening_receivable,
)
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
    """The ids that a row may refer to: those in the shop, and those of files in the folder that are not saved yet."""

    folder: dict[str, set[str]]
    cache: set[tuple[str, str]] = field(default_factory=set)  # those that exist

    def has(self, what: str, name: str) -> bool:
        if name not in self.folder[what] and (what, name) not in self.cache and _exists_in_shop(what, name):
            self.cache.add((what, name))
        return name in self.folder[what] or (what, name) in self.cache

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
    if line.text("kind") not in LOCATION_KINDS:
        raise BadValue("kind", f"must be one of {', '.join(LOCATION_KINDS)}")
    identifier, kind, name = line.required_text("id", 64), line.text("kind"), line.required_text("name")
    stored = places.find_location_uncached(identifier) or Location(identifier, kind, name, zone=config.zone())
    location = replace(stored, kind=kind, name=name, point=_point(line, stored))
    check_location(location)
    known.check("staff", "staff", line.text("staff"))
    return location


def _point(line: CsvRow, stored: Location) -> Point | None:
    if not line.has("lat") and not line.has("lon"):
        return stored.point
    lat, lon = line.coordinate("lat", 90), line.coordinate("lon", 180)
    if (lat is None) != (lon is None):
        raise BadValue("lat", "needs both lat and lon")
    return Point(lat, lon) if lat is not None and lon is not None else None


def read_staff(line: CsvRow, known: KnownIds) -> Staff:
    known.check("locations", "location", line.text("location"))
    contact = parse_imported_contact(line.required_text("name"), line.text("phone"), line.text("email"))
    identifier, role = line.required_text("id", 64), line.required_text("role")
    stored = places.find_staff_uncached(identifier) or Staff(identifier, contact.name, role)
    values = {"phone": contact.phone, "email": contact.email, "location": line.text("location")}
    person = replace(stored, name=contact.name, role=role, **_values_in_file(line, values))
    check_staff(person)
    return person


def _values_in_file(line: CsvRow, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the columns in the file, so that other fields keep their stored values."""
    return {column: value for column, value in values.items() if line.has(column)}


@dataclass(frozen=True)
class PricedProduct:
    """A product and its base price; None for a product that is sold nowhere because it has no price yet."""

    product: Product
    price: Money | None


def read_product(line: CsvRow, known: KnownIds) -> PricedProduct:
    _check_currency(line)
    cost = line.amount("cost")
    values = {
        "category": line.text("category", 80),
        "description": line.text("description", 4000),
        "barcode": line.text("barcode", 48),
        "tax_rate": _tax_rate(line),
        "channels": tuple(channel for channel in line.text("channels").split(";") if channel),
        "weight_grams": line.integer("weight_grams"),
        "reorder_level": line.integer("reorder_level"),
    }
    sku, name = line.required_text("sku", 64), line.required_text("name")
    stored = load_products([sku]).get(sku)
    product = replace(stored or Product(sku, name, "", config.currency()), name=name, **_values_in_file(line, values))
    if line.has("cost"):
        product = replace(product, cost_minor=cost.minor if cost is not None else None)
    check_product(product)
    price = line.amount("price")
    if price is None and (stored is None or sku in load_prices([sku])):
        raise BadValue("price", "is empty")
    return PricedProduct(product, price)


def _check_currency(line: CsvRow) -> None:
    currency = line.text("currency", default=config.currency())
    if currency not in CURRENCIES:
        raise BadValue("currency", f"must be one of {', '.join(CURRENCIES)}")
    if currency != config.currency():
        raise BadValue("currency", f"must be {config.currency()}, the currency of this shop")


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
    safety, display = (line.integer(name) if line.has(name) else None for name in ("safety_stock", "display"))
    return location, TargetLevel(sku, line.integer("on_hand"), safety, display)


@dataclass(frozen=True)
class ImportedCustomer:
    """A customer and their credit limit, None if it stays, and a debt that is not recorded yet."""

    customer: Customer
    limit: Money | None
    opening: Money | None
    has_credit: bool


def read_customer(line: CsvRow, known: KnownIds) -> ImportedCustomer:
    identifier = line.required_text("id", 64)
    rows = db.batch([customer_key(identifier), credit_key(identifier)])
    stored = row_to_customer(row) if (row := rows.get(customer_key(identifier))) else None
    credit = row_to_credit(row) if (row := rows.get(credit_key(identifier))) else None
    country = _country(line, stored.address if stored else None)
    contact = parse_imported_contact(line.required_text("name"), line.text("phone"), line.text("email"), country)
    values = {
        "company": line.text("company"),
        "phone": contact.phone,
        "email": contact.email,
        "terms_days": line.integer("terms_days", maximum=3650),
    }
    customer = replace(stored or Customer(identifier, contact.name), name=contact.name, **_values_in_file(line, values))
    customer = replace(customer, address=_address(line, country, stored))
    return ImportedCustomer(
        customer, _read_credit_limit(line, credit), _read_opening_balance(line, identifier), credit is not None
    )


def _read_credit_limit(line: CsvRow, credit: Credit | None) -> Money | None:
    """Return the limit of the row. An empty cell takes the limit from a customer that has one."""
    limit = line.amount("credit_limit")
    if limit is not None or credit is None:
        return limit
    if line.has("credit_limit"):
        return zero(config.currency())
    return credit.limit if line.has("terms_days") else None  # the terms are stored with the limit


def _read_opening_balance(line: CsvRow, customer_id: str) -> Money | None:
    """Return a debt that is not recorded yet. Raises BadValue if another amount was recorded."""
    opening = line.amount("opening_receivable")
    recorded = find_opening_amount(customer_id) if opening else None
    if opening and recorded and opening != recorded:
        reason = f"is recorded as {format_money(recorded)} already; to change it, settle that receivable"
        raise BadValue("opening_receivable", reason)
    return opening if opening and not recorded else None


def _country(line: CsvRow, stored: Address | None = None) -> str:
    """Return the ISO code of the row's country, which may be written as a name.

    It is the stored one if the file does not carry it, and the shop's if the cell is empty."""
    default = stored.country if stored and not line.has("country") else config.country()
    code = find_country_code(line.text("country", 60, default))
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


ADDRESS_COLUMNS = ("street", "city", "postcode", "country", "lat", "lon")


def _address(line: CsvRow, country: str, customer: Customer | None) -> Address | None:
    """Return the address; without coordinates it gets those of its postcode, so that a near van can be found."""
    stored = customer.address if customer else None
    if customer and stored is None and not any(line.cell(column) for column in ADDRESS_COLUMNS):
        return None
    values = {
        "street": line.text("street"),
        "city": line.text("city"),
        "postcode": line.text("postcode", 16),
        "country": country,
        "lat": line.coordinate("lat", 90),
        "lon": line.coordinate("lon", 180),
    }
    address = replace(stored or Address("", "", "", country), **_values_in_file(line, values))
    return address if address == stored else _with_postcode_point(line, address, stored)


def _with_postcode_point(line: CsvRow, address: Address, stored: Address | None) -> Address:
    """Return the address with the point of its postcode, unless its own point is in the file or belongs to it."""
    if not address.postcode:
        return address
    places.check_postcode(address.country, address.postcode)
    has_moved = stored is None or (address.country, address.postcode) != (stored.country, stored.postcode)
    if address.lat is not None and (line.has("lat") or not has_moved):
        return address
    point = places.find_postcode_point(address.country, address.postcode)
    return replace(address, lat=point.lat if point else None, lon=point.lon if point else None)


def save_product_row(row: PricedProduct, principal: Principal) -> bool:
    changed = save_product(row.product, principal.actor)
    if row.price is None:
        return changed
    return save_price(row.product.sku, row.price, _stored_price_entries(row.product.sku), principal.actor) or changed


def _stored_price_entries(sku: str) -> tuple[PriceEntry, ...]:
    """Return the stored price lists and tiers, because the file has only the base price."""
    prices = load_prices([sku]).get(sku)
    return prices.entries if prices else ()


def save_customer_row(row: ImportedCustomer, principal: Principal) -> bool:
    """Save the customer and return whether anything changed. Raises BadValue for a second limit of one person."""
    try:
        return _save_customer(row, principal.actor)
    except IdentityTaken as taken:
        reason = (
            f"identifies {taken.customer_id}, and one person has one credit limit: give the limit there, or merge them"
        )
        raise BadValue(taken.kind, reason) from taken


def _save_customer(row: ImportedCustomer, actor: str) -> bool:
    customer, opening = row.customer, row.opening
    if opening is None:
        return save_customer(customer, actor, credit_limit=row.limit)
    due = clock.day_of(clock.now(), config.zone()) + timedelta(days=customer.terms_days)
    if row.has_credit:
        save_customer(customer, actor, credit_limit=row.limit)
        add_opening_receivable(customer.id, opening, due, actor)
        return True
    writes = record_opening_receivable(customer.id, opening, due, actor)
    return save_customer(customer, actor, credit_limit=row.limit, opening_balance=opening, extra_writes=writes)


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

"""Taking the same files out again: what is exported imports as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chalicelib.catalog.find import list_all_products
from chalicelib.catalog.model import CHANNELS
from chalicelib.customers.model import Customer
from chalicelib.customers.store import CustomerRow, credit_key, row_to_credit, row_to_customer
from chalicelib.exchange.model import FILES, UnknownFile, rows_to_csv
from chalicelib.kit import clock, config, db
from chalicelib.kit.money import Money, to_decimal
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order, OrderStatus
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places
from chalicelib.pricing.find import load_prices
from chalicelib.stock.find import list_location_levels as levels_of

Rows = list[dict[str, object]]
MAX_DAYS = 366


def export_file(file: str, days: tuple[str, str] | None = None) -> str:
    """`days` bounds orders and their lines, first and last included; without it, today."""
    if file not in EXPORTERS:
        raise UnknownFile(("", f"{file}.csv cannot be exported"), file=file, files=", ".join(EXPORTERS))
    return rows_to_csv(FILES[file].columns, EXPORTERS[file](days))


def format_major_units(minor: int | None) -> str:
    return "" if minor is None else str(to_decimal(Money(minor, config.currency())))


def product_rows(days: Any) -> Rows:
    listed = list_all_products()
    priced = load_prices(product.sku for product in listed)
    return [
        {
            "sku": one.sku,
            "name": one.name,
            "category": one.category,
            "description": one.description,
            "barcode": one.barcode,
            "price": format_major_units(priced[one.sku].base.minor) if one.sku in priced else "",
            "cost": format_major_units(one.cost_minor),
            "currency": one.currency,
            "tax_rate": one.tax_rate,
            "channels": ";".join(one.channels),
            "weight_grams": one.weight_grams,
            "reorder_level": one.reorder_level,
        }
        for one in listed
    ]


def location_rows(days: Any) -> Rows:
    first = {one.location: one.id for one in reversed([*places.load_staff().values()]) if one.active}
    return [
        {"id": one.id, "kind": one.kind, "name": one.name, "staff": first.get(one.id, "")}
        | ({"lat": one.point.lat, "lon": one.point.lon} if one.point else {})
        for one in places.load_locations().values()
    ]


def staff_rows(days: Any) -> Rows:
    columns = ("id", "name", "role", "phone", "email", "location")
    return [{column: getattr(one, column) for column in columns} for one in places.load_staff().values() if one.active]


def stock_rows(days: Any) -> Rows:
    return [
        {
            "sku": level["sku"],
            "location": location,
            "on_hand": level["on_hand"],
            "safety_stock": level["safety"],
            "display": level["display"],
        }
        for location in places.load_locations()
        for level in _location_levels(location)
    ]


def _location_levels(location: str) -> Iterator[dict[str, Any]]:
    """With the shelves of a hot SKU added up, each SKU once wherever a page ends."""
    after, told = None, set()
    while True:
        page, after = levels_of(location, after=after)
        yield from (level for level in page if level["sku"] not in told)
        told |= {level["sku"] for level in page}
        if after is None:
            return


def customer_rows(days: Any) -> Rows:
    """Guests too, or the orders that name them could not come in again. What somebody owes goes out with his orders."""
    rows = sorted(db.scan(CustomerRow, "customer"), key=lambda row: str(row.pk))
    credits = db.batch(credit_key(row.pk) for row in rows)
    return [_customer_row(row_to_customer(row), credits.get(credit_key(row.pk))) for row in rows]


def _customer_row(one: Customer, credit: Any) -> dict[str, object]:
    told = {
        "id": one.id,
        "name": one.name,
        "company": one.company,
        "phone": one.phone,
        "email": one.email,
        "credit_limit": format_major_units(row_to_credit(credit).limit.minor) if credit else "",
        "terms_days": one.terms_days,
    }
    return told | ({name: getattr(one.address, name) for name in ADDRESS_COLUMNS} if one.address else {})


ADDRESS_COLUMNS = ("street", "city", "postcode", "country", "lat", "lon")


def order_rows(days: tuple[str, str] | None) -> Rows:
    return [
        {
            "ref": one.ref or one.id,
            "placed_at": clock.iso(one.placed_at),
            "channel": one.channel,
            "customer": one.customer_id,
            "actor": one.actor if one.actor in places.load_staff() else "",
            "delivery_method": one.delivery.method,
            "location": one.delivery.location or "",
            "payment_method": _first_method(one),
            "freight": format_major_units(one.freight.minor),
            "coupons": "",  # prices below hold what they gave; using them up again would be wrong
        }
        for one in _load_placed_orders(days)
    ]


def order_line_rows(days: tuple[str, str] | None) -> Rows:
    """A line's whole net stands as its price for the whole line where it does not divide evenly."""
    return [
        {
            "ref": one.ref or one.id,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_price": format_major_units(line.unit_price.minor),
            "discount_rate": _discount_rate(line.unit_price.minor * line.quantity, line.total.minor),
        }
        for one in _load_placed_orders(days)
        for line in one.lines
    ]


def _discount_rate(gross: int, net: int) -> str:
    """Exact enough that rounding the net half up gives the same minor unit again."""
    if gross == net or not gross:
        return "0"
    rate = (1 - Decimal(net) / Decimal(gross)).quantize(Decimal("0.000000000001"), rounding=ROUND_HALF_UP)
    return str(rate.normalize())


def _first_method(order: Order) -> str:
    payments = load_payments(order.payment_ids)
    return payments[0].method if payments else "cod"


def _load_placed_orders(days: tuple[str, str] | None) -> list[Order]:
    today = clock.day_of(clock.now(), config.zone()).isoformat()
    first, last = (date.fromisoformat(day) for day in (days or (today, today)))
    span = [first + timedelta(days=number) for number in range(min((last - first).days + 1, MAX_DAYS))]
    found: list[Order] = []
    for day in span:
        for channel in CHANNELS:
            before = None
            while True:
                page, before = orders.list_orders_of_day(day.isoformat(), channel, limit=100, before=before)
                found += [one for one in page if one.status != OrderStatus.CANCELLED]
                if before is None:
                    break
    return sorted(found, key=lambda one: (one.placed_at, one.id))


EXPORTERS: dict[str, Callable[[Any], Rows]] = {
    "locations": location_rows,
    "staff": staff_rows,
    "products": product_rows,
    "stock": stock_rows,
    "customers": customer_rows,
    "orders": order_rows,
    "order_lines": order_line_rows,
}

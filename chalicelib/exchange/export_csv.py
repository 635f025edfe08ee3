"""Export of the CSV files; an exported file can be imported again without changes."""

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
from chalicelib.kit.errors import Invalid
from chalicelib.kit.money import Money, to_decimal
from chalicelib.orders import find as orders
from chalicelib.orders.model import Order, OrderStatus
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places
from chalicelib.pricing.find import load_prices
from chalicelib.stock.find import list_location_levels

Rows = list[dict[str, object]]
Days = tuple[date, date]  # first and last day
MAX_DAYS = 366


def export_file(file: str, days: Days | None = None, numbers: str = "") -> str:
    """Return a file as CSV text. `days` are those of the orders, today by default; `numbers` as in `rows_to_csv`.

    Raises UnknownFile, and Invalid for more than MAX_DAYS days."""
    if file not in EXPORTERS:
        raise UnknownFile(("", f"{file}.csv cannot be exported"), file=f"{file}.csv", files=", ".join(EXPORTERS))
    if days is not None:
        _check_days(*days)
    return rows_to_csv(FILES[file].columns, EXPORTERS[file](days), numbers)


def _check_days(first: date, last: date) -> None:
    if last < first:
        raise Invalid(("to", "must not be before day"))
    if (count := (last - first).days + 1) > MAX_DAYS:
        raise Invalid(("to", f"{count} days are too many: an export covers at most {MAX_DAYS}; request fewer at once"))


def format_major_units(minor: int | None) -> str:
    return "" if minor is None else str(to_decimal(Money(minor, config.currency())))


def product_rows(days: Any) -> Rows:
    products = list_all_products()
    prices = load_prices(product.sku for product in products)
    return [
        {
            "sku": product.sku,
            "name": product.name,
            "category": product.category,
            "description": product.description,
            "barcode": product.barcode,
            "price": format_major_units(prices[product.sku].base.minor) if product.sku in prices else "",
            "cost": format_major_units(product.cost_minor),
            "currency": product.currency,
            "tax_rate": product.tax_rate,
            "channels": ";".join(product.channels),
            "weight_grams": product.weight_grams,
            "reorder_level": product.reorder_level,
        }
        for product in products
    ]


def location_rows(days: Any) -> Rows:
    active_staff = [person for person in places.load_staff().values() if person.active]
    first_staff = {person.location: person.id for person in reversed(active_staff)}
    return [
        {
            "id": location.id,
            "kind": location.kind,
            "name": location.name,
            "staff": first_staff.get(location.id, ""),
        }
        | ({"lat": location.point.lat, "lon": location.point.lon} if location.point else {})
        for location in places.load_locations().values()
    ]


def staff_rows(days: Any) -> Rows:
    columns = ("id", "name", "role", "phone", "email", "location")
    active_staff = [person for person in places.load_staff().values() if person.active]
    return [{column: getattr(person, column) for column in columns} for person in active_staff]


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
    """Yield each SKU once: its shards are summed, and they may be on two pages."""
    after, exported = None, set()
    while True:
        page, after = list_location_levels(location, after=after)
        yield from (level for level in page if level["sku"] not in exported)
        exported |= {level["sku"] for level in page}
        if after is None:
            return


def customer_rows(days: Any) -> Rows:
    """Return all customers, with guests, whom exported orders refer to. Open debts are in the orders."""
    rows = sorted(db.scan(CustomerRow, "customer"), key=lambda row: str(row.pk))
    credits = db.batch(credit_key(row.pk) for row in rows)
    return [_customer_row(row_to_customer(row), credits.get(credit_key(row.pk))) for row in rows]


def _customer_row(customer: Customer, credit: Any) -> dict[str, object]:
    row = {
        "id": customer.id,
        "name": customer.name,
        "company": customer.company,
        "phone": customer.phone,
        "email": customer.email,
        "credit_limit": format_major_units(row_to_credit(credit).limit.minor) if credit else "",
        "terms_days": customer.terms_days,
    }
    return row | ({name: getattr(customer.address, name) for name in ADDRESS_COLUMNS} if customer.address else {})


ADDRESS_COLUMNS = ("street", "city", "postcode", "country", "lat", "lon")


def order_rows(days: Days | None) -> Rows:
    return [
        {
            "ref": order.ref or order.id,
            "placed_at": clock.iso(order.placed_at),
            "channel": order.channel,
            "customer": order.customer_id,
            "actor": order.actor if order.actor in places.load_staff() else "",
            "delivery_method": order.delivery.method,
            "location": order.delivery.location or "",
            "payment_method": _first_method(order),
            "freight": format_major_units(order.freight.minor),
            "coupons": "",  # the prices of the lines include their discounts; a coupon must not be redeemed again
            "historical": "yes",  # another shop records them without selling the goods again
        }
        for order in _load_placed_orders(days)
    ]


def order_line_rows(days: Days | None) -> Rows:
    """Return the lines with their unit price, and the discount rate that gives their total."""
    return [
        {
            "ref": order.ref or order.id,
            "sku": line.sku,
            "quantity": line.quantity,
            "unit_price": format_major_units(line.unit_price.minor),
            "discount_rate": _discount_rate(line.unit_price.minor * line.quantity, line.total.minor),
        }
        for order in _load_placed_orders(days)
        for line in order.lines
    ]


def _discount_rate(gross: int, net: int) -> str:
    """Return a rate with enough places that applying it and rounding half up gives `net` again."""
    if gross == net or not gross:
        return "0"
    rate = (1 - Decimal(net) / Decimal(gross)).quantize(Decimal("0.000000000001"), rounding=ROUND_HALF_UP)
    return f"{rate.normalize():f}"


def _first_method(order: Order) -> str:
    payments = load_payments(order.payment_ids)
    return payments[0].method if payments else "cod"


def _load_placed_orders(days: Days | None) -> list[Order]:
    today = clock.day_of(clock.now(), config.zone())
    first, last = days or (today, today)
    span = [(first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1)]
    loaded = [order for day in span for channel in CHANNELS for order in orders.list_all_orders_of_day(day, channel)]
    placed = [order for order in loaded if order.status != OrderStatus.CANCELLED]
    return sorted(placed, key=lambda order: (order.placed_at, order.id))


EXPORTERS: dict[str, Callable[[Any], Rows]] = {
    "locations": location_rows,
    "staff": staff_rows,
    "products": product_rows,
    "stock": stock_rows,
    "customers": customer_rows,
    "orders": order_rows,
    "order_lines": order_line_rows,
}

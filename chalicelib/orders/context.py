"""What placing an order reads: one consistent batch over all packages, a second for a customer known by their phone.

Locations and running promotions are cached for a minute. Vans serve only orders taken from them, so their stock is read
only when a salesman sells from their own van.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.catalog.store import channel_key, product_key, row_to_channel, row_to_product
from chalicelib.customers import find as customers
from chalicelib.customers.model import Credit, Customer
from chalicelib.customers.store import credit_key, customer_key, row_to_credit, row_to_customer
from chalicelib.kit import clock, config, db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import NotFound, NotSignedIn
from chalicelib.orders.command import PlaceOrder
from chalicelib.payments.model import Shift
from chalicelib.payments.shift_store import open_shift_key, row_to_shift
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, UnknownPostcode, distance_meters
from chalicelib.places.store import postcode_key, row_to_point, staff_key
from chalicelib.pricing import find as pricing
from chalicelib.pricing.model import Coupon, Price, Promotion
from chalicelib.pricing.store import coupon_key, price_key, row_to_coupon, row_to_price
from chalicelib.stock.inbound import InboundStock
from chalicelib.stock.model import Hold, Level, LevelId
from chalicelib.stock.plan import AvailableStock
from chalicelib.stock.store import (
    add_other_shards,
    level_key,
    load_inbound_levels,
    load_lapsed_holds,
    load_levels,
    row_to_level,
)


@dataclass(frozen=True)
class OrderContext:
    """Everything that placing decides from. `all_locations` when every selling location and shard has been read, and
    with them what is on its way, `coming`."""

    now: datetime
    recorded_answer: Any
    channel: Channel
    products: dict[str, Product]
    prices: dict[str, Price]
    promotions: Sequence[Promotion]
    coupons: Sequence[Coupon]
    levels: Sequence[Level]
    preference: Sequence[str]
    rows: dict[Key, Any]  # all that the batch found
    customer: Customer | None = None
    credit: Credit | None = None
    shift: Shift | None = None
    point: dict[str, float] | None = None
    lapsed: Sequence[Hold] = field(default_factory=tuple)
    inbound_levels: Sequence[Level] = ()
    all_locations: bool = False

    @property
    def stock(self) -> AvailableStock:
        return AvailableStock(self.levels, self.preference, self.lapsed, self.channel.safety_units)

    @property
    def inbound(self) -> InboundStock:
        return InboundStock(self.inbound_levels, self.preference, clock.day_of(self.now, config.zone()), self.lapsed)

    @property
    def is_sharded(self) -> bool:
        """Some SKU has several shards, so an order that meets others at one may go to the next."""
        return any(level.shard for level in self.levels)


def load_context(command: PlaceOrder) -> OrderContext:
    """Raises NotSignedIn for staff who left meanwhile, UnknownPostcode, and NotFound for an unknown customer."""
    now = clock.now()
    nearby = rank_locations(command, None)
    rows = db.batch(_build_keys(command, nearby))
    _check_staff(command, rows)
    point = _delivery_point(command, rows)
    customer, credit = _find_customer(command, rows)
    coupons = [row_to_coupon(row) for code in command.coupons if (row := rows.get(coupon_key(code)))]
    skus = [line.sku for line in command.lines]
    levels = [row_to_level(row) for sku in skus for place in nearby if (row := rows.get(level_key(sku, place)))]
    return OrderContext(
        now=now,
        recorded_answer=rows.get(command.idempotency_key.record_key) if command.idempotency_key else None,
        channel=row_to_channel(rows.get(channel_key(command.channel)), command.channel),
        products={sku: row_to_product(row) for sku in skus if (row := rows.get(product_key(sku)))},
        prices={sku: row_to_price(row) for sku in skus if (row := rows.get(price_key(sku)))},
        promotions=pricing.list_running_promotions(now, coupons=coupons),
        coupons=coupons,
        levels=add_other_shards(levels),  # first shards came with the batch; the others of a hot SKU cost one more read
        preference=rank_locations(command, point),
        rows=rows,
        customer=customer,
        credit=credit,
        shift=row_to_shift(row) if (row := rows.get(open_shift_key(command.principal.id))) else None,
        point=point,
    )


def load_all_locations(command: PlaceOrder, context: OrderContext) -> OrderContext:
    """For an order that is short: all warehouses and stores, all their shards, what is expected there, and holds that
    lapsed."""
    preference = rank_locations(command, context.point, everywhere=True)
    pairs = [(line.sku, place) for line in command.lines for place in preference]
    levels = load_levels(pairs)
    coming = load_inbound_levels(levels)
    lapsed = load_lapsed_holds(_places_with_holds([*levels, *coming]), clock.now())
    return replace(
        context, levels=levels, inbound_levels=coming, preference=preference, lapsed=lapsed, all_locations=True
    )


def _places_with_holds(levels: Iterable[Level]) -> list[LevelId]:
    return [level.level_id for level in levels if level.reserved]


def rank_locations(command: PlaceOrder, point: dict[str, float] | None, everywhere: bool = False) -> list[str]:
    """Where this order's goods may come from, best first: warehouses by distance, then its own store, then others."""
    delivery = command.delivery
    if delivery.method != "ship":
        return [delivery.location or ""]
    sellers = places.list_selling_locations()
    own = command.principal.location if command.channel == "pos" else None
    chosen = [one for one in sellers if everywhere or one.kind == "warehouse" or one.id == own]
    return [one.id for one in sorted(chosen, key=lambda one: _rank(one, own, point))]


def _rank(place: Location, own: str | None, point: dict[str, float] | None) -> tuple[int, int, str]:
    kind = 0 if place.kind == "warehouse" else 1 if place.id == own else 2
    away = distance_meters(place.point, Point(**point)) if place.point and point else 0
    return kind, away, place.id


def _build_keys(command: PlaceOrder, nearby: Sequence[str]) -> list[Key]:
    skus = [line.sku for line in command.lines]
    keys = [channel_key(command.channel), *map(product_key, skus), *map(price_key, skus)]
    keys += map(coupon_key, command.coupons)
    keys += [level_key(sku, place) for sku in skus for place in nearby]
    keys += [command.idempotency_key.record_key] if command.idempotency_key else []
    keys += customers.identity_keys(command.contact) if command.contact else []
    if command.customer_id:
        keys += [customer_key(command.customer_id), credit_key(command.customer_id)]
    if command.principal.id:
        keys.append(staff_key(command.principal.id))
    if any(tender.method == "cash" for tender in command.tenders):
        keys.append(open_shift_key(command.principal.id))
    if postcode := _postcode_key(command):
        keys.append(postcode)
    return keys


def _postcode_key(command: PlaceOrder) -> Key | None:
    address = command.delivery.address or {}
    if not address.get("postcode"):
        return None
    return postcode_key(*places.normalize_postcode(address.get("country", ""), address["postcode"]))


def _delivery_point(command: PlaceOrder, found: dict[Key, Any]) -> dict[str, float] | None:
    """The address's own position, else its postcode's; a postcode that does not exist is refused where we know."""
    key = _postcode_key(command)
    row = found.get(key) if key else None
    address = command.delivery.address or {}
    if key and row is None and address.get("country", "").upper() in places.load_complete_countries():
        raise UnknownPostcode(address["country"], address["postcode"])
    point = row_to_point(row) if row is not None else None
    return command.delivery.point or (point.to_json() if point else None)


def _check_staff(command: PlaceOrder, rows: dict[Key, Any]) -> None:
    """Orders move money, so the staff list is read again here, whatever the endpoint has cached."""
    who = command.principal
    if not who.id:
        return
    row = rows.get(staff_key(who.id))
    if row is None or not row.active or row.role != who.role:
        raise NotSignedIn()


def _find_customer(command: PlaceOrder, rows: dict[Key, Any]) -> tuple[Customer | None, Credit | None]:
    customer_id = _find_customer_id(command, rows)
    if not customer_id:
        return None, None
    customer, credit = customer_key(customer_id), credit_key(customer_id)
    found = rows if customer in rows else db.batch([customer, credit])
    return (
        row_to_customer(found[customer]) if customer in found else None,
        row_to_credit(found[credit]) if credit in found else None,
    )


def _find_customer_id(command: PlaceOrder, rows: dict[Key, Any]) -> str:
    """Who is named by id, or the customer they were merged into. A phone or e-mail on file identifies a customer only
    where staff give it: staff see who they speak to, a guest's word about themselves proves nothing."""
    if command.customer_id:
        row = rows.get(customer_key(command.customer_id))
        if row is None:
            raise NotFound()
        return str(row.merged_into or command.customer_id)
    if command.contact is None or not command.principal.is_staff:
        return ""
    known = [rows[key] for key in customers.identity_keys(command.contact) if key in rows]
    return known[0].customer_id if known else ""

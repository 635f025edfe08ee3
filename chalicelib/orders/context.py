"""Loading what placing an order reads: one consistent batch over all packages, a second for a customer found by phone.

Locations and running promotions are cached for a minute; the row of the location that hands over the goods is not.
Van stock is read only for orders sold from that van.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.catalog.model import Channel, Product
from chalicelib.catalog.store import channel_key, product_key, row_to_channel, row_to_product
from chalicelib.customers import find as customers
from chalicelib.customers.model import Address, Credit, Customer
from chalicelib.customers.store import credit_key, customer_key, customer_staff_key, row_to_credit, row_to_customer
from chalicelib.kit import clock, config, db, policy
from chalicelib.kit.db import Key
from chalicelib.kit.errors import NotFound, NotSignedIn
from chalicelib.kit.money import Money, total
from chalicelib.kit.policy import Relation
from chalicelib.orders.command import PlaceOrder
from chalicelib.payments.model import Shift
from chalicelib.payments.shift_store import open_shift_key, row_to_shift
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, UnknownPostcode, distance_meters
from chalicelib.places.store import (
    location_key,
    postcode_area_key,
    postcode_key,
    row_to_location,
    row_to_point,
    staff_key,
)
from chalicelib.pricing import find as pricing
from chalicelib.pricing.coupon_uses import count_uses
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
class MergedCustomers:
    """The customers merged into the order's customer, with the exposure and the uses of the coupons that they add."""

    customers: Sequence[Customer] = ()
    credits: Sequence[Credit] = ()
    coupon_uses: Mapping[str, int] = field(default_factory=dict)

    @property
    def exposure(self) -> Money:
        return total((credit.exposure for credit in self.credits), config.currency())


@dataclass(frozen=True)
class OrderContext:
    """Everything that placing an order decides from. `all_locations` is true once every selling location and shard,
    and inbound stock, have been read."""

    now: datetime
    recorded_answer: Any
    channel: Channel
    products: dict[str, Product]
    prices: dict[str, Price]
    promotions: Sequence[Promotion]
    coupons: Sequence[Coupon]
    levels: Sequence[Level]
    preference: Sequence[str]  # ids of the locations that may serve the order, best first
    rows: dict[Key, Any]  # every row of the batch
    customer: Customer | None = None
    credit: Credit | None = None
    is_own_customer: bool = True  # False for a customer outside what a salesman reaches
    merged: MergedCustomers = MergedCustomers()
    shift: Shift | None = None
    point: dict[str, float] | None = None
    located_by: str | None = None  # where `point` comes from: `address`, `postcode` or `area` (of the postcode)
    lapsed_holds: Sequence[Hold] = field(default_factory=tuple)
    inbound_levels: Sequence[Level] = ()
    all_locations: bool = False

    def find_location(self, location_id: str | None) -> Location | None:
        """Return the location where the order's goods change hands as stored, because it may have just closed."""
        row = self.rows.get(location_key(location_id or ""))
        return row_to_location(row) if row is not None else None

    @property
    def stock(self) -> AvailableStock:
        return AvailableStock(self.levels, self.preference, self.lapsed_holds, self.channel.safety_units)

    @property
    def inbound(self) -> InboundStock:
        today = places.business_days({level.location for level in self.inbound_levels}, self.now)
        return InboundStock(self.inbound_levels, self.preference, today, self.lapsed_holds)

    @property
    def is_sharded(self) -> bool:
        """Whether some SKU has several shards, so that an order in conflict at one shard can use another."""
        return any(level.shard for level in self.levels)


def load_context(command: PlaceOrder) -> OrderContext:
    """Return what placing `command` reads. Raises NotSignedIn for staff who are no longer active, UnknownPostcode, and
    NotFound for an unknown customer."""
    now = clock.now()
    location_ids = rank_locations(command, None)
    rows = db.batch(_build_keys(command, location_ids))
    _check_staff(command, rows)
    point, located_by = _delivery_point(command, rows)
    customer, credit, is_own = _find_customer(command, rows)
    if home := home_address(command, customer if is_own else None):
        point, located_by = (point, "address") if point else _locate_home(home)
    coupons = [row_to_coupon(row) for code in command.coupons if (row := rows.get(coupon_key(code)))]
    skus = [line.sku for line in command.lines]
    keys = [level_key(sku, location_id) for sku in skus for location_id in location_ids]
    levels = [row_to_level(row) for key in keys if (row := rows.get(key))]
    return OrderContext(
        now=now,
        recorded_answer=rows.get(command.idempotency_key.record_key) if command.idempotency_key else None,
        channel=row_to_channel(rows.get(channel_key(command.channel)), command.channel),
        products={sku: row_to_product(row) for sku in skus if (row := rows.get(product_key(sku)))},
        prices={sku: row_to_price(row) for sku in skus if (row := rows.get(price_key(sku)))},
        promotions=pricing.list_running_promotions(now, coupons=coupons),
        coupons=coupons,
        levels=add_other_shards(levels),  # the batch has first shards; the others of a hot SKU cost one more read
        preference=rank_locations(command, point),
        rows=rows,
        customer=customer,
        credit=credit,
        is_own_customer=is_own,
        merged=_load_merged(customer, coupons),
        shift=row_to_shift(row) if (row := rows.get(open_shift_key(command.principal.id))) else None,
        point=point,
        located_by=located_by,
    )


def load_all_locations(command: PlaceOrder, context: OrderContext) -> OrderContext:
    """Return the context for an order that is short: with all warehouses and stores, all their shards, inbound stock
    and lapsed holds."""
    preference = rank_locations(command, context.point, everywhere=True)
    levels = load_levels([(line.sku, location_id) for line in command.lines for location_id in preference])
    inbound_levels = load_inbound_levels(levels)
    lapsed_holds = load_lapsed_holds(_list_levels_with_holds([*levels, *inbound_levels]), clock.now())
    return replace(
        context,
        levels=levels,
        inbound_levels=inbound_levels,
        preference=preference,
        lapsed_holds=lapsed_holds,
        all_locations=True,
    )


def _list_levels_with_holds(levels: Iterable[Level]) -> list[LevelId]:
    return [level.level_id for level in levels if level.reserved]


def rank_locations(command: PlaceOrder, point: dict[str, float] | None, everywhere: bool = False) -> list[str]:
    """Return ids of locations that may serve the order, best first: warehouses by distance, the cashier's own store,
    other stores. Stores other than the cashier's are included only with `everywhere`."""
    delivery = command.delivery
    if delivery.method != "ship":
        return [delivery.location or ""]
    own_id = command.principal.location if command.channel == "pos" else None
    candidates = [
        location
        for location in places.list_selling_locations()
        if everywhere or location.kind == "warehouse" or location.id == own_id
    ]
    return [location.id for location in sorted(candidates, key=lambda location: _rank(location, own_id, point))]


def _rank(location: Location, own_id: str | None, point: dict[str, float] | None) -> tuple[int, int, str]:
    kind = 0 if location.kind == "warehouse" else 1 if location.id == own_id else 2
    meters = distance_meters(location.point, Point(**point)) if location.point and point else 0
    return kind, meters, location.id


def _build_keys(command: PlaceOrder, location_ids: Sequence[str]) -> list[Key]:
    skus = [line.sku for line in command.lines]
    keys = [channel_key(command.channel), *map(product_key, skus), *map(price_key, skus)]
    keys += map(coupon_key, command.coupons)
    keys += [level_key(sku, location_id) for sku in skus for location_id in location_ids]
    keys += [command.idempotency_key.record_key] if command.idempotency_key else []
    keys += customers.identity_keys(command.contact) if command.contact else []
    if command.customer_id:
        keys += _customer_keys(command, command.customer_id)
    keys += [location_key(command.delivery.location)] if command.delivery.location else []
    keys += [staff_key(staff_id) for staff_id in (command.principal.id, command.made_by) if staff_id]
    if any(tender.method == "cash" for tender in command.tenders):
        keys.append(open_shift_key(command.principal.id))
    return keys + _postcode_keys(command)


def _postcode_keys(command: PlaceOrder) -> list[Key]:
    """Return the keys of the address's postcode and of its area; none without a postcode."""
    address = command.delivery.address or {}
    return _address_postcode_keys(address.get("country", ""), address.get("postcode", ""))


def _address_postcode_keys(country: str, postcode: str) -> list[Key]:
    if not postcode:
        return []
    country, postcode = places.normalize_postcode(country, postcode)
    return [postcode_key(country, postcode), postcode_area_key(country, postcode)]


def _delivery_point(command: PlaceOrder, rows: dict[Key, Any]) -> tuple[dict[str, float] | None, str | None]:
    """Return {"lat", "lon"} and their source: the address, else its postcode, else the postcode's area.

    Raises UnknownPostcode in countries whose postcodes are all on file.
    """
    keys = _postcode_keys(command)
    address = command.delivery.address or {}
    if keys and keys[0] not in rows and address.get("country", "").upper() in places.load_complete_countries():
        raise UnknownPostcode(address["country"], address["postcode"])
    if command.delivery.point:
        return command.delivery.point, "address"
    return _first_point(keys, rows)


def _first_point(keys: Sequence[Key], rows: Mapping[Key, Any]) -> tuple[dict[str, float] | None, str | None]:
    """Return the point of the postcode, else of its area, and which; `keys` are those of both, or empty."""
    for key, source in zip(keys, ("postcode", "area")):
        if point := row_to_point(rows.get(key)):
            return point.to_json(), source
    return None, None


def home_address(command: PlaceOrder, customer: Customer | None) -> Address | None:
    """Return the customer's stored address if the order is shipped there, because it has no address of its own."""
    if command.delivery.method != "ship" or command.delivery.address or customer is None:
        return None
    return customer.address


def _locate_home(home: Address) -> tuple[dict[str, float] | None, str | None]:
    """Return the point of a stored address and its source, as `_delivery_point` does for the address of an order."""
    if home.lat is not None and home.lon is not None:
        return {"lat": home.lat, "lon": home.lon}, "address"
    keys = _address_postcode_keys(home.country, home.postcode)
    return _first_point(keys, db.batch(keys) if keys else {})


def _check_staff(command: PlaceOrder, rows: dict[Key, Any]) -> None:
    """Raise NotSignedIn unless the caller is active in this role now. Endpoints cache staff for a minute, which is too
    long for orders, because they move money."""
    principal = command.principal
    if not principal.id:
        return
    row = rows.get(staff_key(principal.id))
    if row is None or not row.active or row.role != principal.role:
        raise NotSignedIn()


def _find_customer(command: PlaceOrder, rows: dict[Key, Any]) -> tuple[Customer | None, Credit | None, bool]:
    """Return the customer, their credit and whether the caller reaches them. Raises NotFound for one who is named by id
    and out of reach; one who is known by phone keeps their credit and address to themselves."""
    customer_id = _find_customer_id(command, rows)
    if not customer_id:
        return None, None, True
    customer, credit = customer_key(customer_id), credit_key(customer_id)
    customer_rows = rows if customer in rows else rows | db.batch(_customer_keys(command, customer_id))
    is_own = _reaches_customer(command, customer_id, customer_rows)
    if command.customer_id and not is_own:
        raise NotFound()
    return (
        row_to_customer(customer_rows[customer]) if customer in customer_rows else None,
        row_to_credit(customer_rows[credit]) if is_own and credit in customer_rows else None,
        is_own,
    )


def _customer_keys(command: PlaceOrder, customer_id: str) -> list[Key]:
    keys = [customer_key(customer_id), credit_key(customer_id)]
    return keys + ([customer_staff_key(customer_id, command.principal.id)] if has_own_customers(command) else [])


def _reaches_customer(command: PlaceOrder, customer_id: str, rows: dict[Key, Any]) -> bool:
    staff_id, ids = command.principal.id, (customer_id, command.customer_id)
    return not has_own_customers(command) or any(customer_staff_key(name, staff_id) in rows for name in ids)


def has_own_customers(command: PlaceOrder) -> bool:
    """Return whether the caller's role reaches only its own customers when it places orders."""
    relations = policy.relations_of(command.principal.role, "order for a known customer")
    return Relation.CUSTOMERS in relations


def _load_merged(customer: Customer | None, coupons: Sequence[Coupon]) -> MergedCustomers:
    if customer is None or not customer.absorbed:
        return MergedCustomers()
    uses = count_uses([coupon.code for coupon in coupons], customer.absorbed)
    return MergedCustomers(*customers.load_merged(customer), coupon_uses=uses)


def _find_customer_id(command: PlaceOrder, rows: dict[Key, Any]) -> str:
    """Return the id of the customer, of the one they were merged into, or "". Raises NotFound for an unknown id.

    A phone number or e-mail on file identifies a customer only if staff entered it: a guest has not proven theirs."""
    if command.customer_id:
        row = rows.get(customer_key(command.customer_id))
        if row is None:
            raise NotFound()
        return str(row.merged_into or command.customer_id)
    if command.contact is None or not command.principal.is_staff:
        return ""
    identities = [rows[key] for key in customers.identity_keys(command.contact) if key in rows]
    return identities[0].customer_id if identities else ""

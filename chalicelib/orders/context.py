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
from chalicelib.catalog.store import as_channel, as_product, channel_key, product_key
from chalicelib.customers import find as customers
from chalicelib.customers.model import Credit, Customer
from chalicelib.customers.store import as_credit, as_customer, credit_key, customer_key
from chalicelib.kit import clock, config, db
from chalicelib.kit.db import Key
from chalicelib.kit.errors import NotFound, NotSignedIn
from chalicelib.orders.command import PlaceOrder
from chalicelib.payments.model import Shift
from chalicelib.payments.shift_store import as_shift, shift_key
from chalicelib.places import find as places
from chalicelib.places.model import Location, Point, UnknownPostcode, distance_meters
from chalicelib.places.store import point_of, postcode_key, staff_key
from chalicelib.pricing import find as pricing
from chalicelib.pricing.model import Coupon, Price, Promotion
from chalicelib.pricing.store import as_coupon, as_price, coupon_key, price_key
from chalicelib.stock.coming import Coming
from chalicelib.stock.model import Hold, Level, Place
from chalicelib.stock.plan import AvailableStock
from chalicelib.stock.store import as_level, lapsed_holds, level_key, load_expected, load_levels, with_shelves


@dataclass(frozen=True)
class OrderContext:
    """Everything that placing decides from. `all_locations` when every selling location and shard has been read, and
    with them what is on its way, `coming`."""

    now: datetime
    answered: Any
    channel: Channel
    products: dict[str, Product]
    prices: dict[str, Price]
    promotions: Sequence[Promotion]
    coupons: Sequence[Coupon]
    levels: Sequence[Level]
    preference: Sequence[str]
    identities: dict[Key, Any]
    customer: Customer | None = None
    credit: Credit | None = None
    shift: Shift | None = None
    point: dict[str, float] | None = None
    lapsed: Sequence[Hold] = field(default_factory=tuple)
    coming: Sequence[Level] = ()
    all_locations: bool = False

    @property
    def stock(self) -> AvailableStock:
        return AvailableStock(self.levels, self.preference, self.lapsed, self.channel.safety_units)

    @property
    def on_its_way(self) -> Coming:
        return Coming(self.coming, self.preference, clock.day_of(self.now, config.zone()), self.lapsed)

    @property
    def is_sharded(self) -> bool:
        """Some SKU has several shards, so an order that meets others at one may go to the next."""
        return any(level.shelf for level in self.levels)


def load_context(command: PlaceOrder) -> OrderContext:
    now = clock.now()
    preference = near_first(command, None)
    first = db.batch(_keys(command, preference))
    _still_ours(command, first)
    point = _point(command, first)
    customer_id = _customer_id(command, first)
    who = first if customer_key(customer_id) in first else _second(customer_id)
    skus = [line.sku for line in command.lines]
    coupons = [as_coupon(row) for code in command.coupons if (row := first.get(coupon_key(code)))]
    return OrderContext(
        now=now,
        answered=first.get(command.asked.key) if command.asked else None,
        channel=as_channel(first.get(channel_key(command.channel)), command.channel),
        products={sku: as_product(first[product_key(sku)]) for sku in skus if product_key(sku) in first},
        prices={sku: as_price(row) for sku in skus if (row := first.get(price_key(sku)))},
        promotions=pricing.promotions(now, opened_by=coupons),
        coupons=coupons,
        levels=_levels(command, preference, first),
        preference=near_first(command, point),
        identities=first,
        customer=as_customer(who[customer_key(customer_id)]) if customer_key(customer_id) in who else None,
        credit=as_credit(who[credit_key(customer_id)]) if credit_key(customer_id) in who else None,
        shift=as_shift(row) if (row := first.get(shift_key(command.principal.id))) else None,
        point=point,
    )


def load_all_locations(command: PlaceOrder, context: OrderContext) -> OrderContext:
    """For an order that is short: all warehouses and stores, all their shards, what is expected there, and holds that
    lapsed."""
    preference = near_first(command, context.point, everywhere=True)
    pairs = [(line.sku, place) for line in command.lines for place in preference]
    levels = load_levels(pairs)
    coming = load_expected(levels)
    lapsed = lapsed_holds(_with_holds([*levels, *coming]), clock.now())
    return replace(context, levels=levels, coming=coming, preference=preference, lapsed=lapsed, all_locations=True)


def _with_holds(levels: Iterable[Level]) -> list[Place]:
    return [level.place for level in levels if level.reserved]


def near_first(command: PlaceOrder, point: dict[str, float] | None, everywhere: bool = False) -> list[str]:
    """Where this order's goods may come from, best first: warehouses by distance, then its own store, then others."""
    delivery = command.delivery
    if delivery.method != "ship":
        return [delivery.location or ""]
    sellers = [one for one in places.locations().values() if one.active and one.kind != "van"]
    own = command.principal.location if command.channel == "pos" else None
    chosen = [one for one in sellers if everywhere or one.kind == "warehouse" or one.id == own]
    return [one.id for one in sorted(chosen, key=lambda one: _rank(one, own, point))]


def selling_places() -> list[str]:
    """Every location that serves remote orders: vans sell only from their salesman's hands."""
    return [one.id for one in places.locations().values() if one.active and one.kind != "van"]


def _rank(place: Location, own: str | None, point: dict[str, float] | None) -> tuple[int, int, str]:
    kind = 0 if place.kind == "warehouse" else 1 if place.id == own else 2
    away = distance_meters(place.point, Point(**point)) if place.point and point else 0
    return kind, away, place.id


def _keys(command: PlaceOrder, preference: Sequence[str]) -> list[Key]:
    skus = [line.sku for line in command.lines]
    keys = [channel_key(command.channel), *map(product_key, skus), *map(price_key, skus)]
    keys += [coupon_key(code) for code in command.coupons]
    keys += _level_keys(command, preference)
    keys += [command.asked.key] if command.asked else []
    keys += customers.identity_keys(command.contact) if command.contact else []
    if command.customer_id:
        keys += [customer_key(command.customer_id), credit_key(command.customer_id)]
    if command.principal.id:
        keys.append(staff_key(command.principal.id))
    if any(tender.method == "cash" for tender in command.tenders):
        keys.append(shift_key(command.principal.id))
    if postcode := _postcode(command):
        keys.append(postcode)
    return keys


def _level_keys(command: PlaceOrder, preference: Sequence[str]) -> list[Key]:
    return [level_key(line.sku, place) for line in command.lines for place in preference]


def _levels(command: PlaceOrder, preference: Sequence[str], found: dict[Key, Any]) -> list[Level]:
    """First shelves came with the batch; the others of a hot SKU cost one more read."""
    return with_shelves([as_level(found[key]) for key in _level_keys(command, preference) if key in found])


def _postcode(command: PlaceOrder) -> Key | None:
    address = command.delivery.address or {}
    if not address.get("postcode"):
        return None
    return postcode_key(*places.written(address.get("country", ""), address["postcode"]))


def _point(command: PlaceOrder, found: dict[Key, Any]) -> dict[str, float] | None:
    """The address's own position, else its postcode's; a postcode that does not exist is refused where we know."""
    key = _postcode(command)
    row = found.get(key) if key else None
    address = command.delivery.address or {}
    if key and row is None and address.get("country", "").upper() in places.loaded_countries():
        raise UnknownPostcode(address["country"], address["postcode"])
    point = point_of(row) if row is not None else None
    return command.delivery.point or (point.as_json() if point else None)


def _still_ours(command: PlaceOrder, found: dict[Key, Any]) -> None:
    """Orders move money, so the staff list is asked again here, fresh, whatever the door remembered."""
    who = command.principal
    if not who.id:
        return
    row = found.get(staff_key(who.id))
    if row is None or not row.active or row.role != who.role:
        raise NotSignedIn()


def _customer_id(command: PlaceOrder, found: dict[Key, Any]) -> str:
    """Whoever is named by id, or the one he was merged into; else whom his number tells."""
    if not command.customer_id:
        return _known(command, found)
    row = found.get(customer_key(command.customer_id))
    if row is None:
        raise NotFound()
    return str(row.merged_into or command.customer_id)


def _known(command: PlaceOrder, found: dict[Key, Any]) -> str:
    """Staff see who they speak to, so a number on file names him; a guest's word about himself does not."""
    if command.contact is None or not command.principal.is_staff:
        return ""
    rows = [found[key] for key in customers.identity_keys(command.contact) if key in found]
    return rows[0].customer_id if rows else ""


def _second(customer_id: str) -> dict[Key, Any]:
    return db.batch([customer_key(customer_id), credit_key(customer_id)]) if customer_id else {}

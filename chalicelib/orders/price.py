"""Pricing an order for its channel and customer: the one engine's quote, as lines of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kit import config, db
from chalicelib.kit.db import Write
from chalicelib.kit.money import zero
from chalicelib.orders.command import PlaceOrder, Wanted
from chalicelib.orders.look import Seen
from chalicelib.orders.model import Order, OrderLine
from chalicelib.pricing import store
from chalicelib.pricing.model import Agreed, Coupon, Override, Quote, QuotedLine, UnknownCoupon, Wish
from chalicelib.pricing.quote import quote


@dataclass(frozen=True)
class Priced:
    lines: Sequence[OrderLine]
    coupons: Sequence[Coupon] = ()  # those that lowered the price; a code that something better beats is not used up


def priced(command: PlaceOrder, seen: Seen) -> Priced:
    """A draft's lines as they were shown to the customer, else priced now."""
    if command.quoted is not None:
        return Priced(command.quoted, seen.coupons)
    made = quoted(command, seen)
    used = [coupon for coupon in seen.coupons if coupon.code in made.coupons_used]
    return Priced([as_line(line) for line in made.lines], used)


def quoted(command: PlaceOrder, seen: Seen) -> Quote:
    known = {coupon.code for coupon in seen.coupons}
    if unknown := [code for code in command.coupons if code not in known]:
        raise UnknownCoupon(unknown)
    return quote(
        [wish(line) for line in command.lines],
        seen.products,
        seen.prices,
        seen.promotions,
        seen.coupons,
        channel=seen.channel,
        price_group=seen.customer.price_group if seen.customer else "",
        now=seen.now,
        currency=config.currency(),
        freight=command.freight or zero(config.currency()),
    )


def wish(line: Wanted) -> Wish:
    agreed = Agreed(line.agreed_price, line.agreed_discount) if line.agreed_price is not None else None
    override = Override(line.set_by_hand, line.reason) if line.set_by_hand is not None else None
    return Wish(line.sku, line.quantity, agreed=agreed, override=override)


def as_line(line: QuotedLine) -> OrderLine:
    return OrderLine(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        tax=line.tax,
        cost=line.cost,
        adjustments=tuple(
            {"code": one.code, "says": one.says, "kind": one.kind, "amount_minor": one.amount.minor}
            for one in line.adjustments
        ),
    )


def coupons_used(coupons: Sequence[Coupon], customer_id: str) -> list[Write]:
    """Counted in the order's own commit, so that a cap holds however many shoppers try at once."""
    return [write for coupon in coupons for write in store.use_coupon(coupon, customer_id or None)]


def coupons_returned(order: Order) -> list[Write]:
    if not order.coupons:
        return []
    rows = db.batch(map(store.coupon_key, order.coupons)).values()
    coupons = map(store.as_coupon, rows)
    return [write for coupon in coupons for write in store.return_coupon(coupon, order.customer_id or None)]

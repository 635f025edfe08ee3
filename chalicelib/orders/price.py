"""Pricing an order for its channel and customer: the one engine's quote, as lines of an order."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.kit import config
from chalicelib.kit.db import Write
from chalicelib.kit.money import zero
from chalicelib.orders.command import PlaceOrder, Wanted
from chalicelib.orders.look import Seen
from chalicelib.orders.model import OrderLine
from chalicelib.pricing import store as pricing
from chalicelib.pricing.model import Agreed, Override, Quote, QuotedLine, Wish
from chalicelib.pricing.quote import quote


def quoted(command: PlaceOrder, seen: Seen) -> Quote:
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


def priced(command: PlaceOrder, seen: Seen) -> Sequence[OrderLine]:
    """A draft's lines as they were shown to the customer, else priced now."""
    return command.quoted or [as_line(line) for line in quoted(command, seen).lines]


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


def coupons_used(command: PlaceOrder, seen: Seen, customer_id: str) -> list[Write]:
    """Counted in the order's own commit, so that a cap holds however many shoppers try at once."""
    return [write for coupon in seen.coupons for write in pricing.use_coupon(coupon, customer_id or None)]

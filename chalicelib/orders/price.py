"""Pricing an order for its channel and customer: the one engine's quote, as lines of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.kit import config, db
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, total, zero
from chalicelib.orders.command import PlaceOrder, Wanted
from chalicelib.orders.context import OrderContext
from chalicelib.orders.model import Order, OrderLine
from chalicelib.pricing import store
from chalicelib.pricing.model import Agreed, Coupon, Override, Quote, QuotedLine, UnknownCoupon, Wish
from chalicelib.pricing.quote import Cart, Market, PriceBook, quote


@dataclass(frozen=True)
class OrderPrices:
    """`coupons` are those that lowered the price; a code that something better beats is not used up."""

    lines: Sequence[OrderLine]
    coupons: Sequence[Coupon]
    freight: Money
    total: Money


def price_order(command: PlaceOrder, context: OrderContext) -> OrderPrices:
    """A draft's lines as they were shown to the customer, else priced now."""
    if command.quoted is not None:
        lines, coupons = command.quoted, context.coupons
    else:
        quoted = quote_order(command, context)
        lines = [as_line(line) for line in quoted.lines]
        coupons = [coupon for coupon in context.coupons if coupon.code in quoted.coupons_used]
    freight = command.freight or zero(config.currency())
    return OrderPrices(lines, coupons, freight, total((line.total for line in lines), freight.currency) + freight)


def quote_order(command: PlaceOrder, context: OrderContext) -> Quote:
    known = {coupon.code for coupon in context.coupons}
    if unknown := [code for code in command.coupons if code not in known]:
        raise UnknownCoupon(unknown)
    cart = Cart([wish(line) for line in command.lines], context.coupons, command.freight or zero(config.currency()))
    price_group = context.customer.price_group if context.customer else ""
    market = Market(context.channel, price_group, context.now, config.currency())
    return quote(cart, PriceBook(context.products, context.prices, context.promotions), market)


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

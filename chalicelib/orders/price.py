"""Pricing an order for its channel and customer, and redeeming its coupons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.customers.contact_details import list_identities
from chalicelib.kit import config, db
from chalicelib.kit.db import Write
from chalicelib.kit.money import Money, total, zero
from chalicelib.orders.command import PlaceOrder, RequestedLine
from chalicelib.orders.context import OrderContext
from chalicelib.orders.model import Order, OrderLine
from chalicelib.pricing import store
from chalicelib.pricing.model import (
    AgreedPrice,
    CartLine,
    Coupon,
    PriceOverride,
    Quote,
    QuotedLine,
    UnknownCoupon,
    identity_to_use_key,
)
from chalicelib.pricing.quote import Cart, Market, PriceBook, quote


@dataclass(frozen=True)
class OrderPrices:
    """The prices of an order. `coupons` are those that lowered it; a coupon without effect is not redeemed."""

    lines: Sequence[OrderLine]
    coupons: Sequence[Coupon]
    freight: Money
    total: Money


def price_order(command: PlaceOrder, context: OrderContext) -> OrderPrices:
    """Return the prices the customer of a draft was shown; for any other order, current prices."""
    if command.quoted_lines is not None:
        lines, coupons = command.quoted_lines, context.coupons
    else:
        quoted = quote_order(command, context)
        lines = [quoted_line_to_order_line(line) for line in quoted.lines]
        coupons = [coupon for coupon in context.coupons if coupon.code in quoted.coupons_used]
    freight = command.freight or zero(config.currency())
    return OrderPrices(lines, coupons, freight, total((line.total for line in lines), freight.currency) + freight)


def quote_order(command: PlaceOrder, context: OrderContext) -> Quote:
    """Return the quote for the order's lines now. Raises UnknownCoupon."""
    known = {coupon.code for coupon in context.coupons}
    if unknown := [code for code in command.coupons if code not in known]:
        raise UnknownCoupon(unknown)
    cart = Cart(
        [build_cart_line(line) for line in command.lines], context.coupons, command.freight or zero(config.currency())
    )
    price_group = context.customer.price_group if context.customer else ""
    market = Market(context.channel, price_group, context.now, config.currency())
    return quote(cart, PriceBook(context.products, context.prices, context.promotions), market)


def build_cart_line(line: RequestedLine) -> CartLine:
    agreed = AgreedPrice(line.agreed_price, line.agreed_discount) if line.agreed_price is not None else None
    override = PriceOverride(line.override_price, line.reason) if line.override_price is not None else None
    return CartLine(line.sku, line.quantity, agreed=agreed, override=override)


def quoted_line_to_order_line(line: QuotedLine) -> OrderLine:
    return OrderLine(
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        total=line.total,
        tax=line.tax,
        cost=line.cost,
        adjustments=tuple(
            {
                "code": adjustment.code,
                "says": adjustment.text,
                "kind": adjustment.kind,
                "amount_minor": adjustment.amount.minor,
            }
            for adjustment in line.adjustments
        ),
    )


def list_coupon_identities(command: PlaceOrder, context: OrderContext) -> tuple[str, ...]:
    """Return the keys of the customer's phone numbers and e-mail addresses: stored, merged, and in the order."""
    people = [person for person in (context.customer, *context.merged.customers, command.contact) if person]
    pairs = dict.fromkeys(pair for person in people for pair in list_identities(person.phone, person.email))
    return tuple(identity_to_use_key(*pair) for pair in pairs)


def redeem_coupons(
    coupons: Sequence[Coupon], customer_id: str, identities: Sequence[str], merged_uses: Mapping[str, int]
) -> list[Write]:
    """Return writes that count one use of each coupon. Committed with the order, they enforce the coupon's limits."""
    return [
        write
        for coupon in coupons
        for write in store.use_coupon(
            coupon, customer_id or None, identities=identities, merged_uses=merged_uses.get(coupon.code, 0)
        )
    ]


def return_coupons(order: Order) -> list[Write]:
    """Return writes that undo the coupon uses of a cancelled order."""
    if not order.coupons:
        return []
    rows = db.batch(map(store.coupon_key, order.coupons)).values()
    coupons = map(store.row_to_coupon, rows)
    return [write for coupon in coupons for write in _return_coupon(coupon, order)]


def _return_coupon(coupon: Coupon, order: Order) -> list[Write]:
    return store.return_coupon(coupon, order.customer_id or None, order.coupon_identities)

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
from chalicelib.pricing import coupon_uses, store
from chalicelib.pricing.model import (
    AgreedPrice,
    CartLine,
    Coupon,
    CouponNeedsCustomer,
    CouponSpent,
    PriceOverride,
    Quote,
    QuotedLine,
    UnknownCoupon,
)
from chalicelib.pricing.quote import Cart, Market, PriceBook, quote


@dataclass(frozen=True)
class OrderPrices:
    """The prices of an order, each of whose `coupons` lowered it."""

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


def list_coupon_uses(
    coupons: Sequence[Coupon], command: PlaceOrder, context: OrderContext, customer_id: str
) -> dict[str, tuple[str, ...]]:
    """Return the codes that the order uses, by each person for whom the use counts.

    A use counts for its customer, who may be merged with others later. Coupons with a limit per customer also count
    for the phone number and e-mail address of a guest, because each order of a guest has a new customer. A guest has
    not proven these to be theirs, so such uses count apart from those of the customer who has. Raises
    CouponNeedsCustomer.
    """
    limited = tuple(coupon.code for coupon in coupons if coupon.per_customer is not None)
    if limited and not customer_id:
        raise CouponNeedsCustomer(coupon=limited[0])
    if not coupons or not customer_id:
        return {}
    uses = {coupon_uses.customer_person(customer_id): tuple(coupon.code for coupon in coupons)}
    guests = list_guest_persons(command, context) if limited else []
    return uses | dict.fromkeys(guests, limited)


def list_guest_persons(command: PlaceOrder, context: OrderContext) -> list[str]:
    """Return the persons that a guest's phone number and e-mail address name; none for a customer known to staff."""
    if context.customer is not None or command.principal.is_staff or command.contact is None:
        return []
    identities = list_identities(command.contact.phone, command.contact.email)
    return [coupon_uses.guest_person(*identity) for identity in identities]


def redeem_coupons(coupons: Sequence[Coupon], uses: Mapping[str, Sequence[str]], context: OrderContext) -> list[Write]:
    """Return writes that count one use of each coupon. Committed with the order, they enforce the coupons' limits."""
    limits = {coupon.code: coupon.per_customer for coupon in coupons}
    merged = context.merged.coupon_uses if context.customer else {}
    by_person = [
        coupon_uses.use_coupons(person, {code: _subtract(limits[code], merged.get(code, 0)) for code in codes})
        for person, codes in uses.items()
    ]
    return [*map(store.use_coupon, coupons), *by_person]


def _subtract(limit: int | None, uses: int) -> int | None:
    return None if limit is None else limit - uses


def check_customer_limits(context: OrderContext) -> None:
    """Raise CouponSpent for a coupon that the known customer can use no more. A guest is never checked: the answer
    would show what others did with the phone number that the guest gave."""
    limited = [coupon for coupon in context.coupons if coupon.per_customer is not None]
    if context.customer is None or not limited:
        return
    uses = coupon_uses.count_uses([coupon.code for coupon in limited], [context.customer.id])
    for coupon in limited:
        limit = _subtract(coupon.per_customer, uses[coupon.code] + context.merged.coupon_uses.get(coupon.code, 0))
        if limit is not None and limit < 1:
            raise CouponSpent(coupon=coupon.code)


def return_coupons(order: Order, codes: Sequence[str]) -> list[Write]:
    """Return writes that undo the order's uses of these coupons."""
    coupons = map(store.row_to_coupon, db.batch(map(store.coupon_key, codes)).values())
    uses = {person: [code for code in used if code in codes] for person, used in order.coupon_uses.items()}
    by_person = [coupon_uses.return_coupons(person, returned) for person, returned in uses.items() if returned]
    return [*map(store.return_coupon, coupons), *by_person]

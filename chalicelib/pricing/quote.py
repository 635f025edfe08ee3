"""The one engine: the same cart, customer and time give the same total in every channel, to the last minor unit.

Pure. Three steps, each leaving lines whose unit price × quantity + adjustments = total: price each line, let promotions
lower unit prices, spread what is taken off the whole order over the lines by largest remainder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.catalog.model import Channel, Product, check_sellable
from chalicelib.kit.money import Money, round_half_up, total, zero
from chalicelib.pricing.model import (
    Adjustment,
    CartLine,
    Coupon,
    CouponDoesNotApply,
    CouponEnded,
    CouponSpent,
    NoPrice,
    Price,
    PriceEntry,
    Promotion,
    Quote,
    QuotedLine,
    is_running,
)


@dataclass(frozen=True)
class Cart:
    """What is asked for. Freight is added to the total as it is."""

    lines: Sequence[CartLine]
    coupons: Sequence[Coupon]
    freight: Money


@dataclass(frozen=True)
class PriceBook:
    """What is for sale and what it costs, at least for the SKUs of the cart."""

    products: Mapping[str, Product]
    prices: Mapping[str, Price]
    promotions: Sequence[Promotion]


@dataclass(frozen=True)
class Market:
    """Where, to whom, when and in which currency goods are sold."""

    channel: Channel
    price_group: str
    now: datetime
    currency: str


def quote(cart: Cart, book: PriceBook, market: Market) -> Quote:
    """Refuses what cannot be sold here and codes that do not hold; a code that something better beats is not used."""
    check_sellable([wish.sku for wish in cart.lines], book.products, market.channel)
    _check_priced(cart.lines, book.prices, market.currency)
    running = list_active_promotions(book.promotions, cart.coupons, market)
    lines = [price_line(wish, book, market) for wish in cart.lines]
    _check_coupons(cart.coupons, running, lines, market.now)
    lowered = apply_order_discounts(apply_unit_discounts(lines, running), running)
    return _build_quote(lowered, cart, market.currency)


def quote_one_unit(product: Product, price: Price, promotions: Sequence[Promotion], market: Market) -> QuotedLine:
    """For shelf labels, in the price's own currency: what needs a code, or a cart of some size, is left out."""
    market = replace(market, currency=price.base.currency)
    running = list_active_promotions([each for each in promotions if not each.min_total_minor], [], market)
    line = PricedLine(product, 1, unit_price(price, 1, market))
    return _build_quoted_line(apply_unit_discounts([line], running)[0])


@dataclass(frozen=True)
class ActivePromotion:
    """A running promotion, with the code that opened it if one did."""

    promotion: Promotion
    coupon: str = ""

    def build_adjustment(self, amount: Money) -> Adjustment:
        kind = "coupon" if self.coupon else "promotion"
        return Adjustment(self.coupon or self.promotion.id, self.promotion.name, amount, kind)


@dataclass(frozen=True)
class PricedLine:
    """A line on its way to being quoted. `closed` says that no further promotion may touch it."""

    product: Product
    quantity: int
    unit_price: Money
    adjustments: tuple[Adjustment, ...] = ()
    closed: bool = False

    @property
    def list_total(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def total(self) -> Money:
        return self.list_total + total((each.amount for each in self.adjustments), self.unit_price.currency)

    def with_adjustment(self, adjustment: Adjustment, closed: bool = False) -> PricedLine:
        return replace(self, adjustments=(*self.adjustments, adjustment), closed=self.closed or closed)


def list_active_promotions(
    promotions: Sequence[Promotion], coupons: Sequence[Coupon], market: Market
) -> list[ActivePromotion]:
    """In the order of their ids, so that the order they were loaded in changes nothing."""
    opened = {coupon.promotion_id: coupon.code for coupon in reversed(coupons)}
    return [
        ActivePromotion(promotion, opened[promotion.id] if promotion.coupon_only else "")
        for promotion in sorted(promotions, key=lambda promotion: promotion.id)
        if is_running(promotion, market.now) and is_offered_in(promotion, market)
        if not promotion.coupon_only or promotion.id in opened
    ]


def is_offered_in(promotion: Promotion, market: Market) -> bool:
    in_channel = not promotion.channels or market.channel.code in promotion.channels
    for_group = not promotion.price_groups or market.price_group in promotion.price_groups
    return in_channel and for_group and promotion.currency in ("", market.currency)


def _check_coupons(
    coupons: Sequence[Coupon], running: Sequence[ActivePromotion], lines: Sequence[PricedLine], now: datetime
) -> None:
    open_rules = {rule.promotion.id: rule.promotion for rule in running}
    for coupon in coupons:
        check_coupon(coupon, now)
        promotion = open_rules.get(coupon.promotion_id)
        if promotion is None:
            raise CouponDoesNotApply(coupon=coupon.code, reason="its promotion does not hold here and now")
        if not _is_minimum_reached(promotion, [line for line in lines if is_covered(promotion, line.product)]):
            raise CouponDoesNotApply(coupon=coupon.code, reason="it asks for more, or for other goods")


def check_coupon(coupon: Coupon, now: datetime) -> None:
    if now < coupon.starts_at:
        raise CouponDoesNotApply(coupon=coupon.code, reason="it is not valid yet")
    if not is_running(coupon, now):
        raise CouponEnded(coupon=coupon.code)
    if coupon.is_used_up:
        raise CouponSpent(coupon=coupon.code)


def _check_priced(wishes: Sequence[CartLine], prices: Mapping[str, Price], currency: str) -> None:
    """An agreed price needs none of ours."""
    asked = [wish.sku for wish in wishes if wish.agreed is None]
    lacking = [sku for sku in asked if sku not in prices or prices[sku].base.currency != currency]
    if lacking:
        raise NoPrice(skus=lacking, currency=currency)


def price_line(wish: CartLine, book: PriceBook, market: Market) -> PricedLine:
    product = book.products[wish.sku]
    if wish.agreed is not None:
        return _price_agreed_line(wish, product)
    line = PricedLine(product, wish.quantity, unit_price(book.prices[wish.sku], wish.quantity, market))
    return line if wish.override is None else _apply_override(line, wish)


def unit_price(price: Price, quantity: int, market: Market) -> Money:
    """The most particular entry wins: the customer's own list, then the channel's, then all; then the highest tier."""
    holding = [entry for entry in price.entries if _is_applicable(entry, quantity, market)]
    if not holding:
        return price.base
    best = max(holding, key=lambda entry: _specificity(entry, market.price_group))
    return Money(best.amount_minor, price.base.currency)


def _is_applicable(entry: PriceEntry, quantity: int, market: Market) -> bool:
    in_list = entry.price_list in ("", market.price_group, market.channel.price_list)
    return in_list and entry.channel in ("", market.channel.code) and quantity >= entry.min_quantity


def _specificity(entry: PriceEntry, price_group: str) -> tuple[bool, bool, bool, int, int]:
    own = bool(price_group) and entry.price_list == price_group
    return own, bool(entry.channel), bool(entry.price_list), entry.min_quantity, -entry.amount_minor


def _price_agreed_line(wish: CartLine, product: Product) -> PricedLine:
    """The net is rounded once, on the whole line: that is how the older system's books were rounded."""
    assert wish.agreed is not None  # nosec B101 - the caller asked
    line = PricedLine(product, wish.quantity, wish.agreed.unit_price, closed=True)
    net = round_half_up(Decimal(line.list_total.minor) * (1 - wish.agreed.discount_rate))
    difference = Money(net, line.list_total.currency) - line.list_total
    return line.with_adjustment(Adjustment("agreed", "Agreed elsewhere", difference, "agreed")) if difference else line


def _apply_override(line: PricedLine, wish: CartLine) -> PricedLine:
    assert wish.override is not None  # nosec B101 - the caller asked
    difference = (wish.override.unit_price - line.unit_price) * line.quantity
    return line.with_adjustment(Adjustment("override", wish.override.reason, difference, "override"), closed=True)


def apply_unit_discounts(lines: Sequence[PricedLine], running: Sequence[ActivePromotion]) -> list[PricedLine]:
    """Each line gets the cheapest of: one rule that stands alone, or all combinable ones together."""
    reached = [
        rule
        for rule in running
        if rule.promotion.is_per_unit and _is_minimum_reached(rule.promotion, _eligible_lines(lines, rule))
    ]
    return [
        _choose_cheapest(line, [rule for rule in reached if is_covered(rule.promotion, line.product)]) for line in lines
    ]


def _choose_cheapest(line: PricedLine, touching: Sequence[ActivePromotion]) -> PricedLine:
    if line.closed:
        return line
    alone = [_apply_unit_discount(line, rule) for rule in touching if not rule.promotion.combinable]
    together = line
    for rule in touching:
        together = _apply_unit_discount(together, rule) if rule.promotion.combinable else together
    return min([together, *alone], key=lambda each: each.total.minor)  # the first among equals


def _apply_unit_discount(line: PricedLine, rule: ActivePromotion) -> PricedLine:
    """Per unit, so that three cost three times what the shelf says one costs."""
    now_each = Money(line.total.minor // line.quantity, line.total.currency)
    lower = _discount_unit_price(now_each, rule.promotion) - now_each
    if not lower:
        return line
    return line.with_adjustment(rule.build_adjustment(lower * line.quantity), closed=not rule.promotion.combinable)


def _discount_unit_price(each: Money, promotion: Promotion) -> Money:
    """Never below nothing, and a fixed price never raises one."""
    amount = Money(promotion.amount_minor, each.currency)
    if promotion.kind == "percent":
        return each - each.portion(Decimal(promotion.rate))
    if promotion.kind == "amount":
        return max(each - amount, zero(each.currency))
    return min(each, amount)


def apply_order_discounts(lines: Sequence[PricedLine], running: Sequence[ActivePromotion]) -> list[PricedLine]:
    """The cheapest of: one rule that stands alone, or all combinable ones, one after the other."""
    over_all = [rule for rule in running if not rule.promotion.is_per_unit]
    alone = [_apply_order_discount(lines, rule) for rule in over_all if not rule.promotion.combinable]
    together = list(lines)
    for rule in over_all:
        together = _apply_order_discount(together, rule) if rule.promotion.combinable else together
    return min([together, *alone], key=lambda cart: sum(line.total.minor for line in cart))


def _apply_order_discount(lines: Sequence[PricedLine], rule: ActivePromotion) -> list[PricedLine]:
    """A rule that stands alone passes over goods that are lowered already; nobody pays less than nothing."""
    touched = _eligible_lines(lines, rule)
    if not _is_minimum_reached(rule.promotion, touched):
        return list(lines)
    worth = total((line.total for line in touched), touched[0].total.currency)
    shares = iter((-_order_discount(worth, rule.promotion)).split([line.total.minor for line in touched]))
    return [_add_share(line, rule, next(shares)) if line in touched else line for line in lines]


def _order_discount(worth: Money, promotion: Promotion) -> Money:
    if promotion.kind == "percent":
        return worth.portion(Decimal(promotion.rate))
    return min(worth, Money(promotion.amount_minor, worth.currency))


def _add_share(line: PricedLine, rule: ActivePromotion, share: Money) -> PricedLine:
    return line.with_adjustment(rule.build_adjustment(share)) if share else line


def _eligible_lines(lines: Sequence[PricedLine], rule: ActivePromotion) -> list[PricedLine]:
    covered = [line for line in lines if is_covered(rule.promotion, line.product) and not line.closed]
    return [line for line in covered if rule.promotion.combinable or not line.adjustments]


def is_covered(promotion: Promotion, product: Product) -> bool:
    if not promotion.skus and not promotion.categories:
        return True
    return product.sku in promotion.skus or product.category in promotion.categories


def _is_minimum_reached(promotion: Promotion, lines: Sequence[PricedLine]) -> bool:
    """Quantity and total are counted over the goods it covers, as priced so far."""
    quantity = sum(line.quantity for line in lines)
    return bool(lines) and quantity >= promotion.min_quantity and _sum_minor(lines) >= promotion.min_total_minor


def _sum_minor(lines: Sequence[PricedLine]) -> int:
    return sum(line.total.minor for line in lines)


def _build_quote(lines: Sequence[PricedLine], cart: Cart, currency: str) -> Quote:
    quoted = tuple(_build_quoted_line(line) for line in lines)
    brought = {each.code for line in lines for each in line.adjustments if each.kind == "coupon"}
    return Quote(
        lines=quoted,
        freight=cart.freight,
        tax_included=total((line.tax for line in quoted), currency),
        total=total((line.total for line in quoted), currency) + cart.freight,
        currency=currency,
        coupons_used=tuple(coupon.code for coupon in cart.coupons if coupon.code in brought),
    )


def _build_quoted_line(line: PricedLine) -> QuotedLine:
    product = line.product
    return QuotedLine(
        sku=product.sku,
        name=product.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        adjustments=line.adjustments,
        total=line.total,
        tax=included_tax(line.total, product.tax_rate),
        cost=None if product.cost_minor is None else Money(product.cost_minor, line.total.currency) * line.quantity,
    )


def included_tax(amount: Money, rate: str) -> Money:
    """The part of a price with tax that is tax, rounded half up."""
    share = Decimal(rate)
    return Money(round_half_up(amount.minor * share / (1 + share)), amount.currency)

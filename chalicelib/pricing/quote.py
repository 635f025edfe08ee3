"""The one engine: the same cart, customer and time give the same total in every channel, to the last minor unit.

Pure. Three steps, each leaving lines whose unit price × quantity + adjustments = total: price each line, let promotions
lower unit prices, spread what is taken off the whole order over the lines by largest remainder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from chalicelib.catalog.model import Channel, Product, check_listed
from chalicelib.kit.money import Money, half_up, total, zero
from chalicelib.pricing.model import (
    Adjustment,
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
    Wish,
    runs,
)


@dataclass(frozen=True)
class Cart:
    """What is asked for. Freight is added to the total as it is."""

    wishes: Sequence[Wish]
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
    check_listed([wish.sku for wish in cart.wishes], book.products, market.channel)
    _check_priced(cart.wishes, book.prices, market.currency)
    running = rules(book.promotions, cart.coupons, market)
    lines = [price_line(wish, book, market) for wish in cart.wishes]
    _check_coupons(cart.coupons, running, lines, market.now)
    lowered = take_off_order(take_off_units(lines, running), running)
    return _summed(lowered, cart, market.currency)


def price_one(product: Product, price: Price, promotions: Sequence[Promotion], market: Market) -> QuotedLine:
    """For shelf labels, in the price's own currency: what needs a code, or a cart of some size, is left out."""
    market = replace(market, currency=price.base.currency)
    running = rules([each for each in promotions if not each.min_total_minor], [], market)
    line = Line(product, 1, unit_price(price, 1, market))
    return _quoted(take_off_units([line], running)[0])


@dataclass(frozen=True)
class Rule:
    """A running promotion, with the code that opened it if one did."""

    promotion: Promotion
    coupon: str = ""

    def adjustment(self, amount: Money) -> Adjustment:
        kind = "coupon" if self.coupon else "promotion"
        return Adjustment(self.coupon or self.promotion.id, self.promotion.name, amount, kind)


@dataclass(frozen=True)
class Line:
    """A line on its way to being quoted. `closed` says that no further promotion may touch it."""

    product: Product
    quantity: int
    unit_price: Money
    adjustments: tuple[Adjustment, ...] = ()
    closed: bool = False

    @property
    def listed(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def total(self) -> Money:
        return self.listed + total((each.amount for each in self.adjustments), self.unit_price.currency)

    def adjusted(self, adjustment: Adjustment, closed: bool = False) -> Line:
        return replace(self, adjustments=(*self.adjustments, adjustment), closed=self.closed or closed)


def rules(promotions: Sequence[Promotion], coupons: Sequence[Coupon], market: Market) -> list[Rule]:
    """In the order of their ids, so that the order they were loaded in changes nothing."""
    opened = {coupon.promotion_id: coupon.code for coupon in reversed(coupons)}
    return [
        Rule(promotion, opened[promotion.id] if promotion.coupon_only else "")
        for promotion in sorted(promotions, key=lambda promotion: promotion.id)
        if runs(promotion, market.now) and is_for(promotion, market)
        if not promotion.coupon_only or promotion.id in opened
    ]


def is_for(promotion: Promotion, market: Market) -> bool:
    in_channel = not promotion.channels or market.channel.code in promotion.channels
    for_group = not promotion.price_groups or market.price_group in promotion.price_groups
    return in_channel and for_group and promotion.currency in ("", market.currency)


def _check_coupons(coupons: Sequence[Coupon], running: Sequence[Rule], lines: Sequence[Line], now: datetime) -> None:
    open_rules = {rule.promotion.id: rule.promotion for rule in running}
    for coupon in coupons:
        check_coupon(coupon, now)
        promotion = open_rules.get(coupon.promotion_id)
        if promotion is None:
            raise CouponDoesNotApply(coupon=coupon.code, reason="its promotion does not hold here and now")
        if not _reached(promotion, [line for line in lines if covers(promotion, line.product)]):
            raise CouponDoesNotApply(coupon=coupon.code, reason="it asks for more, or for other goods")


def check_coupon(coupon: Coupon, now: datetime) -> None:
    if now < coupon.starts_at:
        raise CouponDoesNotApply(coupon=coupon.code, reason="it is not valid yet")
    if not runs(coupon, now):
        raise CouponEnded(coupon=coupon.code)
    if coupon.spent:
        raise CouponSpent(coupon=coupon.code)


def _check_priced(wishes: Sequence[Wish], prices: Mapping[str, Price], currency: str) -> None:
    """An agreed price needs none of ours."""
    asked = [wish.sku for wish in wishes if wish.agreed is None]
    lacking = [sku for sku in asked if sku not in prices or prices[sku].base.currency != currency]
    if lacking:
        raise NoPrice(skus=lacking, currency=currency)


def price_line(wish: Wish, book: PriceBook, market: Market) -> Line:
    product = book.products[wish.sku]
    if wish.agreed is not None:
        return _agreed(wish, product)
    line = Line(product, wish.quantity, unit_price(book.prices[wish.sku], wish.quantity, market))
    return line if wish.override is None else _overridden(line, wish)


def unit_price(price: Price, quantity: int, market: Market) -> Money:
    """The most particular entry wins: the customer's own list, then the channel's, then all; then the highest tier."""
    holding = [entry for entry in price.entries if _holds(entry, quantity, market)]
    if not holding:
        return price.base
    best = max(holding, key=lambda entry: _particularity(entry, market.price_group))
    return Money(best.amount_minor, price.base.currency)


def _holds(entry: PriceEntry, quantity: int, market: Market) -> bool:
    in_list = entry.price_list in ("", market.price_group, market.channel.price_list)
    return in_list and entry.channel in ("", market.channel.code) and quantity >= entry.min_quantity


def _particularity(entry: PriceEntry, price_group: str) -> tuple[bool, bool, bool, int, int]:
    own = bool(price_group) and entry.price_list == price_group
    return own, bool(entry.channel), bool(entry.price_list), entry.min_quantity, -entry.amount_minor


def _agreed(wish: Wish, product: Product) -> Line:
    """The net is rounded once, on the whole line: that is how the older system's books were rounded."""
    assert wish.agreed is not None  # nosec B101 - the caller asked
    line = Line(product, wish.quantity, wish.agreed.unit_price, closed=True)
    net = half_up(Decimal(line.listed.minor) * (1 - wish.agreed.discount_rate))
    difference = Money(net, line.listed.currency) - line.listed
    return line.adjusted(Adjustment("agreed", "Agreed elsewhere", difference, "agreed")) if difference else line


def _overridden(line: Line, wish: Wish) -> Line:
    assert wish.override is not None  # nosec B101 - the caller asked
    difference = (wish.override.unit_price - line.unit_price) * line.quantity
    return line.adjusted(Adjustment("override", wish.override.reason, difference, "override"), closed=True)


def take_off_units(lines: Sequence[Line], running: Sequence[Rule]) -> list[Line]:
    """Each line gets the cheapest of: one rule that stands alone, or all combinable ones together."""
    reached = [rule for rule in running if rule.promotion.on_units and _reached(rule.promotion, _open(lines, rule))]
    return [_cheapest(line, [rule for rule in reached if covers(rule.promotion, line.product)]) for line in lines]


def _cheapest(line: Line, touching: Sequence[Rule]) -> Line:
    if line.closed:
        return line
    alone = [_lower_units(line, rule) for rule in touching if not rule.promotion.combinable]
    together = line
    for rule in touching:
        together = _lower_units(together, rule) if rule.promotion.combinable else together
    return min([together, *alone], key=lambda each: each.total.minor)  # the first among equals


def _lower_units(line: Line, rule: Rule) -> Line:
    """Per unit, so that three cost three times what the shelf says one costs."""
    now_each = Money(line.total.minor // line.quantity, line.total.currency)
    lower = _lowered(now_each, rule.promotion) - now_each
    if not lower:
        return line
    return line.adjusted(rule.adjustment(lower * line.quantity), closed=not rule.promotion.combinable)


def _lowered(each: Money, promotion: Promotion) -> Money:
    """Never below nothing, and a fixed price never raises one."""
    amount = Money(promotion.amount_minor, each.currency)
    if promotion.kind == "percent":
        return each - each.portion(Decimal(promotion.rate))
    if promotion.kind == "amount":
        return max(each - amount, zero(each.currency))
    return min(each, amount)


def take_off_order(lines: Sequence[Line], running: Sequence[Rule]) -> list[Line]:
    """The cheapest of: one rule that stands alone, or all combinable ones, one after the other."""
    over_all = [rule for rule in running if not rule.promotion.on_units]
    alone = [_spread(lines, rule) for rule in over_all if not rule.promotion.combinable]
    together = list(lines)
    for rule in over_all:
        together = _spread(together, rule) if rule.promotion.combinable else together
    return min([together, *alone], key=lambda cart: sum(line.total.minor for line in cart))


def _spread(lines: Sequence[Line], rule: Rule) -> list[Line]:
    """A rule that stands alone passes over goods that are lowered already; nobody pays less than nothing."""
    touched = _open(lines, rule)
    if not _reached(rule.promotion, touched):
        return list(lines)
    worth = total((line.total for line in touched), touched[0].total.currency)
    shares = iter((-_taken_off(worth, rule.promotion)).split([line.total.minor for line in touched]))
    return [_with_share(line, rule, next(shares)) if line in touched else line for line in lines]


def _taken_off(worth: Money, promotion: Promotion) -> Money:
    if promotion.kind == "percent":
        return worth.portion(Decimal(promotion.rate))
    return min(worth, Money(promotion.amount_minor, worth.currency))


def _with_share(line: Line, rule: Rule, share: Money) -> Line:
    return line.adjusted(rule.adjustment(share)) if share else line


def _open(lines: Sequence[Line], rule: Rule) -> list[Line]:
    covered = [line for line in lines if covers(rule.promotion, line.product) and not line.closed]
    return [line for line in covered if rule.promotion.combinable or not line.adjustments]


def covers(promotion: Promotion, product: Product) -> bool:
    if not promotion.skus and not promotion.categories:
        return True
    return product.sku in promotion.skus or product.category in promotion.categories


def _reached(promotion: Promotion, lines: Sequence[Line]) -> bool:
    """Quantity and total are counted over the goods it covers, as priced so far."""
    quantity = sum(line.quantity for line in lines)
    return bool(lines) and quantity >= promotion.min_quantity and _worth(lines) >= promotion.min_total_minor


def _worth(lines: Sequence[Line]) -> int:
    return sum(line.total.minor for line in lines)


def _summed(lines: Sequence[Line], cart: Cart, currency: str) -> Quote:
    quoted = tuple(_quoted(line) for line in lines)
    brought = {each.code for line in lines for each in line.adjustments if each.kind == "coupon"}
    return Quote(
        lines=quoted,
        freight=cart.freight,
        tax_included=total((line.tax for line in quoted), currency),
        total=total((line.total for line in quoted), currency) + cart.freight,
        currency=currency,
        coupons_used=tuple(coupon.code for coupon in cart.coupons if coupon.code in brought),
    )


def _quoted(line: Line) -> QuotedLine:
    product = line.product
    return QuotedLine(
        sku=product.sku,
        name=product.name,
        quantity=line.quantity,
        unit_price=line.unit_price,
        adjustments=line.adjustments,
        total=line.total,
        tax=tax_within(line.total, product.tax_rate),
        cost=None if product.cost_minor is None else Money(product.cost_minor, line.total.currency) * line.quantity,
    )


def tax_within(amount: Money, rate: str) -> Money:
    """The part of a price with tax that is tax, rounded half up."""
    share = Decimal(rate)
    return Money(half_up(amount.minor * share / (1 + share)), amount.currency)

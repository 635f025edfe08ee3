"""Price a cart. Every channel and every price label uses these functions, so their totals agree. Pure.

Lines are priced first, then promotions lower unit prices, then discounts on the order are split over the lines by
largest remainder. After each step, unit price × quantity + adjustments = total holds for every line.
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
    """The lines and coupons to price. Freight is added to the total unchanged."""

    lines: Sequence[CartLine]
    coupons: Sequence[Coupon]
    freight: Money


@dataclass(frozen=True)
class PriceBook:
    """Products and prices by SKU, for all SKUs of the cart, and promotions."""

    products: Mapping[str, Product]
    prices: Mapping[str, Price]
    promotions: Sequence[Promotion]


@dataclass(frozen=True)
class Market:
    """The channel, customer group, time and currency of a sale."""

    channel: Channel
    price_group: str
    now: datetime
    currency: str


def quote(cart: Cart, book: PriceBook, market: Market) -> Quote:
    """Return the priced cart, in which every coupon takes something off.

    Raises ChannelOff, UnknownSku, NotPublished, NoPrice, and CouponDoesNotApply, CouponEnded or CouponSpent.
    """
    check_sellable([cart_line.sku for cart_line in cart.lines], book.products, market.channel)
    _check_priced(cart.lines, book.prices, market.currency)
    active_promotions = list_active_promotions(book.promotions, cart.coupons, market)
    lines = [price_line(cart_line, book, market) for cart_line in cart.lines]
    _check_coupons(cart.coupons, active_promotions, lines, market.now)
    discounted = apply_order_discounts(apply_unit_discounts(lines, active_promotions), active_promotions)
    _check_coupons_used(cart.coupons, active_promotions, lines, discounted)
    return _build_quote(discounted, cart, market.currency)


def quote_one_unit(product: Product, price: Price, promotions: Sequence[Promotion], market: Market) -> QuotedLine:
    """Price one unit for a label, in the price's currency, without promotions that need a code or a larger cart."""
    market = replace(market, currency=price.base.currency)
    without_minimum = [promotion for promotion in promotions if not promotion.min_total_minor]
    active_promotions = list_active_promotions(without_minimum, [], market)
    line = PricedLine(product, 1, choose_unit_price(price, 1, market))
    return _build_quoted_line(apply_unit_discounts([line], active_promotions)[0])


@dataclass(frozen=True)
class ActivePromotion:
    """A promotion that applies, with the code that activated it if it needs one."""

    promotion: Promotion
    coupon: str = ""

    def build_adjustment(self, amount: Money) -> Adjustment:
        kind = "coupon" if self.coupon else "promotion"
        return Adjustment(self.coupon or self.promotion.id, self.promotion.name, amount, kind)


@dataclass(frozen=True)
class PricedLine:
    """A line while promotions are applied. No further promotion applies to a `closed` line."""

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
        return self.list_total + total((adjustment.amount for adjustment in self.adjustments), self.unit_price.currency)

    def with_adjustment(self, adjustment: Adjustment, closed: bool = False) -> PricedLine:
        return replace(self, adjustments=(*self.adjustments, adjustment), closed=self.closed or closed)


def list_active_promotions(
    promotions: Sequence[Promotion], coupons: Sequence[Coupon], market: Market
) -> list[ActivePromotion]:
    """Return the promotions that apply in the market, by id, so that the loading order has no influence."""
    codes = {coupon.promotion_id: coupon.code for coupon in reversed(coupons)}
    return [
        ActivePromotion(promotion, codes[promotion.id] if promotion.coupon_only else "")
        for promotion in sorted(promotions, key=lambda promotion: promotion.id)
        if is_running(promotion, market.now) and is_offered_in(promotion, market)
        if not promotion.coupon_only or promotion.id in codes
    ]


def is_offered_in(promotion: Promotion, market: Market) -> bool:
    in_channel = not promotion.channels or market.channel.code in promotion.channels
    for_group = not promotion.price_groups or market.price_group in promotion.price_groups
    return in_channel and for_group and promotion.currency in ("", market.currency)


def _check_coupons(
    coupons: Sequence[Coupon], active_promotions: Sequence[ActivePromotion], lines: Sequence[PricedLine], now: datetime
) -> None:
    """Raise the refusal of the first coupon that is not valid, or whose promotion does not cover the cart."""
    promotions = {active.promotion.id: active.promotion for active in active_promotions}
    for coupon in coupons:
        check_coupon(coupon, now)
        promotion = promotions.get(coupon.promotion_id)
        if promotion is None:
            raise CouponDoesNotApply(coupon.code, "not_here")
        if not _is_minimum_reached(promotion, [line for line in lines if is_covered(promotion, line.product)]):
            raise CouponDoesNotApply(coupon.code, "minimum_not_reached")


def _check_coupons_used(
    coupons: Sequence[Coupon],
    active_promotions: Sequence[ActivePromotion],
    lines: Sequence[PricedLine],
    discounted: Sequence[PricedLine],
) -> None:
    """Raise CouponDoesNotApply for the first coupon that lowered no line; `lines` are those before discounts."""
    promotions = {active.promotion.id: active.promotion for active in active_promotions}
    used = _list_used_codes(discounted)
    for coupon in coupons:
        if coupon.code not in used:
            promotion = promotions[coupon.promotion_id]
            covered = [pair for pair in zip(lines, discounted) if is_covered(promotion, pair[0].product)]
            raise CouponDoesNotApply(coupon.code, _find_no_effect_cause(covered))


def _find_no_effect_cause(covered: Sequence[tuple[PricedLine, PricedLine]]) -> str:
    if all(line.closed for line, _ in covered):
        return "fixed_prices"
    is_discounted = any(after.adjustments for line, after in covered if not line.closed)
    return "better_discount" if is_discounted else "nothing_to_take_off"


def _list_used_codes(lines: Sequence[PricedLine]) -> set[str]:
    return {adjustment.code for line in lines for adjustment in line.adjustments if adjustment.kind == "coupon"}


def check_coupon(coupon: Coupon, now: datetime) -> None:
    """Raise CouponDoesNotApply before its start, CouponEnded after its end, CouponSpent at its cap."""
    if now < coupon.starts_at:
        raise CouponDoesNotApply(coupon.code, "not_started")
    if not is_running(coupon, now):
        raise CouponEnded(coupon=coupon.code)
    if coupon.is_used_up:
        raise CouponSpent(coupon=coupon.code)


def _check_priced(cart_lines: Sequence[CartLine], prices: Mapping[str, Price], currency: str) -> None:
    """Raise NoPrice with every SKU that has no price in the currency; lines with an agreed price need none."""
    skus = [cart_line.sku for cart_line in cart_lines if cart_line.agreed is None]
    unpriced = [sku for sku in skus if sku not in prices or prices[sku].base.currency != currency]
    if unpriced:
        raise NoPrice(skus=unpriced, currency=currency)


def price_line(cart_line: CartLine, book: PriceBook, market: Market) -> PricedLine:
    product = book.products[cart_line.sku]
    if cart_line.agreed is not None:
        return _price_agreed_line(cart_line, product)
    list_price = choose_unit_price(book.prices[cart_line.sku], cart_line.quantity, market)
    line = PricedLine(product, cart_line.quantity, list_price)
    return line if cart_line.override is None else _apply_override(line, cart_line)


def choose_unit_price(price: Price, quantity: int, market: Market) -> Money:
    """Return the price of the most specific entry that applies, else the base price.

    The customer's price list comes first, then the channel, then the channel's price list, then the highest minimum
    quantity, then the lower price.
    """
    applicable = [entry for entry in price.entries if _is_applicable(entry, quantity, market)]
    if not applicable:
        return price.base
    best = max(applicable, key=lambda entry: _specificity(entry, market.price_group))
    return Money(best.amount_minor, price.base.currency)


def _is_applicable(entry: PriceEntry, quantity: int, market: Market) -> bool:
    in_list = entry.price_list in ("", market.price_group, market.channel.price_list)
    return in_list and entry.channel in ("", market.channel.code) and quantity >= entry.min_quantity


def _specificity(entry: PriceEntry, price_group: str) -> tuple[bool, bool, bool, int, int]:
    own = bool(price_group) and entry.price_list == price_group
    return own, bool(entry.channel), bool(entry.price_list), entry.min_quantity, -entry.amount_minor


def _price_agreed_line(cart_line: CartLine, product: Product) -> PricedLine:
    """Return the line at its agreed price. Like the other system, it is rounded once, on the total of the line."""
    assert cart_line.agreed is not None  # nosec B101 - checked by the caller
    line = PricedLine(product, cart_line.quantity, cart_line.agreed.unit_price, closed=True)
    net = round_half_up(Decimal(line.list_total.minor) * (1 - cart_line.agreed.discount_rate))
    difference = Money(net, line.list_total.currency) - line.list_total
    return line.with_adjustment(Adjustment("agreed", "Agreed elsewhere", difference, "agreed")) if difference else line


def _apply_override(line: PricedLine, cart_line: CartLine) -> PricedLine:
    assert cart_line.override is not None  # nosec B101 - checked by the caller
    difference = (cart_line.override.unit_price - line.unit_price) * line.quantity
    return line.with_adjustment(Adjustment("override", cart_line.override.reason, difference, "override"), closed=True)


def apply_unit_discounts(lines: Sequence[PricedLine], active_promotions: Sequence[ActivePromotion]) -> list[PricedLine]:
    """Return each line with the cheapest of: one exclusive promotion, or all combinable ones together."""
    reached = [
        active
        for active in active_promotions
        if active.promotion.is_per_unit and _is_minimum_reached(active.promotion, _eligible_lines(lines, active))
    ]
    return [
        _choose_cheapest(line, [active for active in reached if is_covered(active.promotion, line.product)])
        for line in lines
    ]


def _choose_cheapest(line: PricedLine, covering: Sequence[ActivePromotion]) -> PricedLine:
    if line.closed:
        return line
    exclusive = [_apply_unit_discount(line, active) for active in covering if not active.promotion.combinable]
    combined = line
    for active in covering:
        if active.promotion.combinable:
            combined = _apply_unit_discount(combined, active)
    return min([combined, *exclusive], key=lambda option: option.total.minor)  # the first of equal ones


def _apply_unit_discount(line: PricedLine, active: ActivePromotion) -> PricedLine:
    """Discount per unit, so that three units cost three times the price on the label."""
    unit = Money(line.total.minor // line.quantity, line.total.currency)
    difference = _discount_unit_price(unit, active.promotion) - unit
    if not difference:
        return line
    return line.with_adjustment(
        active.build_adjustment(difference * line.quantity), closed=not active.promotion.combinable
    )


def _discount_unit_price(unit: Money, promotion: Promotion) -> Money:
    """Return the lowered unit price: never below zero, and never raised by a fixed price."""
    amount = Money(promotion.amount_minor, unit.currency)
    if promotion.kind == "percent":
        return unit - unit.portion(Decimal(promotion.rate))
    if promotion.kind == "amount":
        return max(unit - amount, zero(unit.currency))
    return min(unit, amount)


def apply_order_discounts(
    lines: Sequence[PricedLine], active_promotions: Sequence[ActivePromotion]
) -> list[PricedLine]:
    """Return the lines with the cheapest of: one exclusive promotion, or all combinable ones in turn."""
    on_order = [active for active in active_promotions if not active.promotion.is_per_unit]
    exclusive = [_apply_order_discount(lines, active) for active in on_order if not active.promotion.combinable]
    combined = list(lines)
    for active in on_order:
        if active.promotion.combinable:
            combined = _apply_order_discount(combined, active)
    return min([combined, *exclusive], key=lambda option: sum(line.total.minor for line in option))


def _apply_order_discount(lines: Sequence[PricedLine], active: ActivePromotion) -> list[PricedLine]:
    """Split the discount over the eligible lines; an exclusive one skips lines with adjustments."""
    eligible = _eligible_lines(lines, active)
    if not _is_minimum_reached(active.promotion, eligible):
        return list(lines)
    subtotal = total((line.total for line in eligible), eligible[0].total.currency)
    shares = iter((-_order_discount(subtotal, active.promotion)).split([line.total.minor for line in eligible]))
    return [_add_share(line, active, next(shares)) if line in eligible else line for line in lines]


def _order_discount(subtotal: Money, promotion: Promotion) -> Money:
    """Return the discount, at most the subtotal."""
    if promotion.kind == "percent":
        return subtotal.portion(Decimal(promotion.rate))
    return min(subtotal, Money(promotion.amount_minor, subtotal.currency))


def _add_share(line: PricedLine, active: ActivePromotion, share: Money) -> PricedLine:
    return line.with_adjustment(active.build_adjustment(share)) if share else line


def _eligible_lines(lines: Sequence[PricedLine], active: ActivePromotion) -> list[PricedLine]:
    covered = [line for line in lines if is_covered(active.promotion, line.product) and not line.closed]
    return [line for line in covered if active.promotion.combinable or not line.adjustments]


def is_covered(promotion: Promotion, product: Product) -> bool:
    if not promotion.skus and not promotion.categories:
        return True
    return product.sku in promotion.skus or product.category in promotion.categories


def _is_minimum_reached(promotion: Promotion, lines: Sequence[PricedLine]) -> bool:
    """Compare quantity and total of the given lines, as priced so far, with the promotion's minimums."""
    quantity = sum(line.quantity for line in lines)
    return bool(lines) and quantity >= promotion.min_quantity and _sum_minor(lines) >= promotion.min_total_minor


def _sum_minor(lines: Sequence[PricedLine]) -> int:
    return sum(line.total.minor for line in lines)


def _build_quote(lines: Sequence[PricedLine], cart: Cart, currency: str) -> Quote:
    quoted = tuple(_build_quoted_line(line) for line in lines)
    used = _list_used_codes(lines)
    return Quote(
        lines=quoted,
        freight=cart.freight,
        tax_included=total((line.tax for line in quoted), currency),
        total=total((line.total for line in quoted), currency) + cart.freight,
        currency=currency,
        coupons_used=tuple(coupon.code for coupon in cart.coupons if coupon.code in used),
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
    """Return the tax that is included in an amount, rounded half up. `rate` is a fraction such as 0.11."""
    share = Decimal(rate)
    return Money(round_half_up(amount.minor * share / (1 + share)), amount.currency)

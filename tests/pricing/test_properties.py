"""Properties of quotes that hold for every cart and any promotions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.catalog.model import CHANNELS
from chalicelib.pricing.model import (
    AgreedPrice,
    CartLine,
    Coupon,
    CouponDoesNotApply,
    Price,
    PriceEntry,
    Promotion,
    Quote,
)
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, quote_cart, rupiah

SKUS = ("A", "B", "C", "D")
GROUPS = ("", "grosir", "anggota")
amounts = st.integers(0, 10_000_000)
few_skus = st.lists(st.sampled_from(SKUS), max_size=3, unique=True).map(tuple)


@st.composite
def entries(draw: Any) -> PriceEntry:
    return PriceEntry(draw(amounts), price_list=draw(st.sampled_from(GROUPS)), min_quantity=draw(st.integers(1, 20)))


@st.composite
def promotions(draw: Any, id: str) -> Promotion:
    kind = draw(st.sampled_from(["percent", "amount", "price"]))
    return a_promotion(
        id,
        kind=kind,
        rate=str(draw(st.decimals("0.001", "1", places=3))),
        amount_minor=draw(amounts),
        skus=draw(few_skus) or (("A",) if kind == "price" else ()),
        categories=draw(st.sampled_from([(), ("minuman",)])),
        price_groups=draw(st.sampled_from([(), ("grosir",)])),
        min_quantity=draw(st.integers(1, 5)),
        min_total_minor=draw(st.sampled_from([0, 0, 50_000])),
        combinable=draw(st.booleans()),
        starts_at=NOW + timedelta(days=draw(st.integers(-2, 1))),
        ends_at=draw(st.sampled_from([None, NOW, NOW + timedelta(days=1)])),
    )


@st.composite
def shops(draw: Any) -> dict[str, Any]:
    cart = draw(st.dictionaries(st.sampled_from(SKUS), st.integers(1, 1000), min_size=1))
    prices: list[Price] = [a_price(sku, draw(amounts), *draw(st.lists(entries(), max_size=3))) for sku in SKUS]
    generated = [draw(promotions(f"p{number}")) for number in range(draw(st.integers(0, 5)))]
    return {
        "cart": cart,
        "prices": prices,
        "products": [a_product(sku, category=draw(st.sampled_from(["minuman", "sabun"]))) for sku in SKUS],
        "promotions": generated,
        "price_group": draw(st.sampled_from(GROUPS)),
        "freight": draw(st.integers(0, 100_000)),
    }


def quote_in_channel(shop: dict[str, Any], code: str) -> Quote:
    return quote_cart(shop["cart"], channel=code, **{name: value for name, value in shop.items() if name != "cart"})


@settings(max_examples=300, deadline=None)
@given(shop=shops())
def test_the_same_cart_customer_and_time_cost_the_same_in_every_channel(shop: dict[str, Any]):
    first, *others = [quote_in_channel(shop, code) for code in CHANNELS]

    assert all(other == first for other in others)


@settings(max_examples=300, deadline=None)
@given(shop=shops())
def test_lines_add_up_to_the_total_and_no_amount_is_negative(shop: dict[str, Any]):
    quoted = quote_in_channel(shop, "web")

    for line in quoted.lines:
        adjusted = sum(adjustment.amount.minor for adjustment in line.adjustments)
        assert line.total.minor == line.unit_price.minor * line.quantity + adjusted
        assert 0 <= line.tax.minor <= line.total.minor
    assert quoted.total.minor == sum(line.total.minor for line in quoted.lines) + shop["freight"]
    assert quoted.tax_included.minor == sum(line.tax.minor for line in quoted.lines)


@settings(max_examples=200, deadline=None)
@given(shop=shops(), seed=st.randoms(use_true_random=False))
def test_the_order_of_promotions_changes_nothing(shop: dict[str, Any], seed: Any):
    shuffled = shop | {"promotions": seed.sample(shop["promotions"], len(shop["promotions"]))}

    assert quote_in_channel(shuffled, "web") == quote_in_channel(shop, "web")


@settings(max_examples=200, deadline=None)
@given(shop=shops())
def test_promotions_never_raise_a_total(shop: dict[str, Any]):
    assert quote_in_channel(shop, "web").total.minor <= quote_in_channel(shop | {"promotions": []}, "web").total.minor


@settings(max_examples=300, deadline=None)
@given(
    prices=st.lists(st.integers(0, 1_000_000), min_size=1, max_size=4),
    off=st.integers(1, 2_000_000),
)
def test_shares_of_an_order_discount_add_up_exactly(prices: list[int], off: int):
    promotion = a_promotion(kind="amount", rate="0", amount_minor=off)

    quoted = quote_cart(
        dict.fromkeys(SKUS[: len(prices)], 1),
        prices=[a_price(sku, price) for sku, price in zip(SKUS, prices)],
        promotions=[promotion],
    )

    shares = [adjustment.amount.minor for line in quoted.lines for adjustment in line.adjustments]
    assert -sum(shares) == min(off, sum(prices))
    assert all(line.total.minor >= 0 for line in quoted.lines)


@settings(max_examples=200, deadline=None)
@given(shop=shops(), code=st.sampled_from(CHANNELS))
def test_a_code_gives_the_same_total_or_refusal_in_every_channel(shop: dict[str, Any], code: str):
    opened = a_promotion("opened", coupon_only=True, rate="0.25")
    coupons: list[Coupon] = [a_coupon("CETAK", "opened")]
    shop = shop | {"promotions": [*shop["promotions"], opened], "coupons": coupons}

    assert quote_or_facts(shop, code) == quote_or_facts(shop, "web")


def quote_or_facts(shop: dict[str, Any], code: str) -> Quote | dict[str, Any]:
    """Return the quote, in which the code lowered the total, or the facts of its refusal."""
    try:
        quote = quote_in_channel(shop, code)
    except CouponDoesNotApply as refused:
        return refused.facts
    assert quote.coupons_used == ("CETAK",)
    return quote


@settings(max_examples=200, deadline=None)
@given(unit=st.integers(0, 10**9), quantity=st.integers(1, 100_000), rate=st.decimals(0, 1, places=4))
def test_an_agreed_line_is_rounded_half_up_once(unit: int, quantity: int, rate: Any):
    quoted = quote_cart(
        [CartLine("A", quantity, agreed=AgreedPrice(rupiah(unit), rate))], prices=[], channel=a_channel("marketplace")
    )

    exact = unit * quantity * (1 - rate)
    assert abs(quoted.total.minor - exact) <= 0.5
    assert quoted.total.minor == int(exact + type(exact)("0.5"))

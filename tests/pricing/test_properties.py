"""What holds for every cart, whatever the promotions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from chalicelib.catalog.model import CHANNELS
from chalicelib.pricing.model import AgreedPrice, CartLine, Coupon, Price, PriceEntry, Promotion, Quote
from tests.catalog.build import a_channel, a_product
from tests.pricing.build import NOW, a_coupon, a_price, a_promotion, quote_cart, rupiah

SKUS = ("A", "B", "C", "D")
GROUPS = ("", "grosir", "anggota")
amounts = some.integers(0, 10_000_000)
few_skus = some.lists(some.sampled_from(SKUS), max_size=3, unique=True).map(tuple)


@some.composite
def entries(draw: Any) -> PriceEntry:
    return PriceEntry(
        draw(amounts), price_list=draw(some.sampled_from(GROUPS)), min_quantity=draw(some.integers(1, 20))
    )


@some.composite
def promotions(draw: Any, id: str) -> Promotion:
    kind = draw(some.sampled_from(["percent", "amount", "price"]))
    return a_promotion(
        id,
        kind=kind,
        rate=str(draw(some.decimals("0.001", "1", places=3))),
        amount_minor=draw(amounts),
        skus=draw(few_skus) or (("A",) if kind == "price" else ()),
        categories=draw(some.sampled_from([(), ("minuman",)])),
        price_groups=draw(some.sampled_from([(), ("grosir",)])),
        min_quantity=draw(some.integers(1, 5)),
        min_total_minor=draw(some.sampled_from([0, 0, 50_000])),
        combinable=draw(some.booleans()),
        starts_at=NOW + timedelta(days=draw(some.integers(-2, 1))),
        ends_at=draw(some.sampled_from([None, NOW, NOW + timedelta(days=1)])),
    )


@some.composite
def shops(draw: Any) -> dict[str, Any]:
    cart = draw(some.dictionaries(some.sampled_from(SKUS), some.integers(1, 1000), min_size=1))
    prices: list[Price] = [a_price(sku, draw(amounts), *draw(some.lists(entries(), max_size=3))) for sku in SKUS]
    kept = [draw(promotions(f"p{number}")) for number in range(draw(some.integers(0, 5)))]
    return {
        "cart": cart,
        "prices": prices,
        "products": [a_product(sku, category=draw(some.sampled_from(["minuman", "sabun"]))) for sku in SKUS],
        "promotions": kept,
        "price_group": draw(some.sampled_from(GROUPS)),
        "freight": draw(some.integers(0, 100_000)),
    }


def in_channel(shop: dict[str, Any], code: str) -> Quote:
    return quote_cart(shop["cart"], channel=code, **{name: told for name, told in shop.items() if name != "cart"})


@settings(max_examples=300, deadline=None)
@given(shop=shops())
def test_the_same_cart_customer_and_time_cost_the_same_in_every_channel(shop: dict[str, Any]):
    first, *others = [in_channel(shop, code) for code in CHANNELS]

    assert all(other == first for other in others)


@settings(max_examples=300, deadline=None)
@given(shop=shops())
def test_lines_sum_to_the_total_and_nothing_is_below_nothing(shop: dict[str, Any]):
    told = in_channel(shop, "web")

    for line in told.lines:
        adjusted = sum(each.amount.minor for each in line.adjustments)
        assert line.total.minor == line.unit_price.minor * line.quantity + adjusted
        assert 0 <= line.tax.minor <= line.total.minor
    assert told.total.minor == sum(line.total.minor for line in told.lines) + shop["freight"]
    assert told.tax_included.minor == sum(line.tax.minor for line in told.lines)


@settings(max_examples=200, deadline=None)
@given(shop=shops(), seed=some.randoms(use_true_random=False))
def test_the_order_in_which_things_were_loaded_changes_nothing(shop: dict[str, Any], seed: Any):
    shuffled = shop | {"promotions": seed.sample(shop["promotions"], len(shop["promotions"]))}

    assert in_channel(shuffled, "web") == in_channel(shop, "web")


@settings(max_examples=200, deadline=None)
@given(shop=shops())
def test_promotions_never_make_a_cart_dearer(shop: dict[str, Any]):
    assert in_channel(shop, "web").total.minor <= in_channel(shop | {"promotions": []}, "web").total.minor


@settings(max_examples=300, deadline=None)
@given(
    prices=some.lists(some.integers(0, 1_000_000), min_size=1, max_size=4),
    off=some.integers(1, 2_000_000),
)
def test_shares_of_an_order_discount_sum_exactly(prices: list[int], off: int):
    promotion = a_promotion(kind="amount", rate="0", amount_minor=off)

    told = quote_cart(
        dict.fromkeys(SKUS[: len(prices)], 1),
        prices=[a_price(sku, price) for sku, price in zip(SKUS, prices)],
        promotions=[promotion],
    )

    shares = [each.amount.minor for line in told.lines for each in line.adjustments]
    assert -sum(shares) == min(off, sum(prices))
    assert all(line.total.minor >= 0 for line in told.lines)


@settings(max_examples=200, deadline=None)
@given(shop=shops(), code=some.sampled_from(CHANNELS))
def test_a_code_gives_the_same_online_and_at_the_counter(shop: dict[str, Any], code: str):
    opened = a_promotion("opened", coupon_only=True, rate="0.25")
    coupons: list[Coupon] = [a_coupon("CETAK", "opened")]
    shop = shop | {"promotions": [*shop["promotions"], opened], "coupons": coupons}

    assert in_channel(shop, code) == in_channel(shop, "web")


@settings(max_examples=200, deadline=None)
@given(unit=some.integers(0, 10**9), quantity=some.integers(1, 100_000), rate=some.decimals(0, 1, places=4))
def test_an_agreed_line_is_its_product_rounded_half_up_once(unit: int, quantity: int, rate: Any):
    told = quote_cart(
        [CartLine("A", quantity, agreed=AgreedPrice(rupiah(unit), rate))], prices=[], channel=a_channel("marketplace")
    )

    exact = unit * quantity * (1 - rate)
    assert abs(told.total.minor - exact) <= 0.5
    assert told.total.minor == int(exact + type(exact)("0.5"))

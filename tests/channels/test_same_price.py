"""The same cart has the same price in every channel."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.kit.money import Money
from chalicelib.pricing.model import PriceEntry
from chalicelib.pricing.save import save_price, save_promotion
from tests.client import call
from tests.pricing.build import a_coupon, a_promotion
from tests.shop import CUP, RARE, TEAPOT, TRAY, open_shop, token

STAFF_BY_CHANNEL = {
    "web": "",
    "pos": "cashier-sinta",
    "sfa": "salesman-budi",
    "phone": "agent-lia",
    "social": "agent-lia",
    "whatsapp": "",
}
ODD_PRICES = {TEAPOT: 123_457, CUP: 11_113, RARE: 901_009, TRAY: 39_989}
carts = st.dictionaries(st.sampled_from(sorted(ODD_PRICES)), st.integers(1, 999), min_size=1)


def load_quote(channel: str, cart: dict[str, int], coupons: list[str]) -> dict[str, Any]:
    lines = [{"sku": sku, "quantity": quantity} for sku, quantity in cart.items()]
    body = {"channel": channel, "lines": lines, "coupons": coupons}
    staff = STAFF_BY_CHANNEL[channel]
    answer = call("POST", "/api/quotes", body, token=token(staff) if staff else "")
    assert answer.status == 200, answer.text
    return {name: answer.json[name] for name in ("lines", "total", "tax_included")}


@pytest.fixture
def shop(aws: Any) -> None:
    open_shop()
    for sku, price in ODD_PRICES.items():
        save_price(sku, Money(price, "IDR"), (), "test")
    save_promotion(a_promotion(), actor="owner-ratna", coupon=a_coupon())
    save_promotion(a_promotion("cart", kind="amount", rate="0", amount_minor=7_777, min_total_minor=50_000), actor="x")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cart=carts, with_code=st.booleans())
def test_a_cart_costs_the_same_in_every_channel(shop: None, cart: dict[str, int], with_code: bool) -> None:
    first, *others = [load_quote(channel, cart, ["LEBARAN"] if with_code else []) for channel in STAFF_BY_CHANNEL]

    assert all(other == first for other in others)


def test_a_price_of_one_channel_changes_the_quote_of_that_channel(shop: None) -> None:
    save_price(CUP, Money(11_113, "IDR"), (PriceEntry(9_999, channel="pos"),), "test")

    assert load_quote("pos", {CUP: 1}, [])["total"] != load_quote("web", {CUP: 1}, [])["total"]

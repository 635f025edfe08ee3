"""Prices, discounts, coupons and credit limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.channels import order_form
from chalicelib.fulfillment.cancel_lines import cancel_lines
from chalicelib.kit import money as money_module
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as cancelling
from chalicelib.orders import place as placing
from chalicelib.orders import reduction
from chalicelib.pricing import coupon_uses
from chalicelib.pricing import quote as quoting
from chalicelib.pricing import store as pricing_store
from chalicelib.pricing.model import Coupon, Promotion
from chalicelib.pricing.save import save_promotion
from tests.client import call
from tests.shop import CUP, TEAPOT, TRAY, an_order, principal_of, token
from tests.verification.simulator.bugs.bug import Bug, always_return, drop_conditions, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CASH, CREDIT, MAKMUR, ScenarioDriver
from tests.verification.simulator.bugs.shop import LIA, PROMOTION_START, SINTA, TERMS

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_COUNTER: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def an_order_with_freight(driver: ScenarioDriver) -> None:
    agreed = {"unit_price": {"amount": 11_000, "currency": "IDR"}}
    marketplace_order: dict[str, Any] = {
        "by": "channel-tokoku",
        "channel": "marketplace",
        "ref": "TK-1",
        "payments": [],
    }
    marketplace_order |= {"lines": [{"sku": CUP, "quantity": 4, "agreed": agreed}]}
    driver.place_and_handle(**marketplace_order, freight={"amount": 9_000, "currency": "IDR"})


def a_discount_exceeds_the_price(driver: ScenarioDriver) -> None:
    save_amount_promotion(20_000, CUP)
    driver.place_and_handle((CUP, 4), (TEAPOT, 4))


def an_amount_is_shared_over_three_lines(driver: ScenarioDriver) -> None:
    """The discount cannot be divided over lines of 12 500, 125 000 and 40 000 without a remainder."""
    save_amount_promotion(10_000)
    driver.place_and_handle((CUP, 1), (TEAPOT, 1), (TRAY, 1))


def a_unit_sold_with_a_discount_is_cancelled(driver: ScenarioDriver) -> None:
    save_amount_promotion(10_000)
    cancel_lines(principal_of(LIA), driver.place_and_handle((CUP, 2), (TEAPOT, 2)), {TEAPOT: 1}, "too many")


def save_amount_promotion(minor: int, *skus: str) -> None:
    murah = Promotion(
        "murah", "Murah", "amount", PROMOTION_START, amount_minor=minor, currency="IDR", skus=skus, terms=TERMS
    )
    save_promotion(murah, "test")


def two_trays_are_ordered(driver: ScenarioDriver) -> None:
    driver.place_and_handle((TRAY, 2))


def a_shopper_overrides_the_price(driver: ScenarioDriver) -> None:
    price = {"unit_price": {"amount": 1, "currency": "IDR"}, "reason": "please"}
    body = an_order(lines=[{"sku": TRAY, "quantity": 1, "override": price}])
    refused = call("POST", "/api/orders", body, key="a-key-of-sixteen-letters")
    driver.expect("MayNotOverridePrices", refused.json.get("code") == "may_not_override_prices")


def a_coupon_is_used_until_it_is_spent(driver: ScenarioDriver) -> None:
    """The coupon may be used three times."""
    for _ in range(3):
        driver.place_and_handle((CUP, 4), coupons=["HEMAT"])
    answer = call("POST", "/api/orders", an_order((CUP, 4), coupons=["HEMAT"]), key="a-key-of-sixteen-letters")
    driver.expect("CouponSpent", answer.json.get("code") == "coupon_spent")


def a_coupon_is_used(driver: ScenarioDriver) -> None:
    driver.place_and_handle((CUP, 4), coupons=["HEMAT"])


def one_customer_reuses_a_coupon(driver: ScenarioDriver) -> None:
    """The coupon may be used three times, once per customer."""
    sekali = Promotion("sekali", "Sekali", "percent", PROMOTION_START, rate="0.10", terms=TERMS)
    save_promotion(sekali, "test", Coupon("SEKALI", "sekali", PROMOTION_START, cap=3, per_customer=1))
    order: dict[str, Any] = {"by": LIA, "channel": "phone", "coupons": ["SEKALI"]} | MAKMUR
    driver.place_and_handle((CUP, 4), **order)
    driver.expect_sold_out(lambda: driver.place((CUP, 4), **order))


def the_credit_limit_is_reached(driver: ScenarioDriver) -> None:
    """The customer's limit is 400 000."""
    driver.place_and_handle((TEAPOT, 3), **ON_CREDIT)
    body = an_order((TEAPOT, 2), channel="phone", payments=CREDIT, **MAKMUR)
    answer = call("POST", "/api/orders", body, token=token(LIA), key="a-key-of-sixteen-letters")
    driver.expect("CreditLimitReached", answer.json.get("code") == "credit_limit_reached")


def drop_freight(original: Callable[..., Any]) -> Callable[..., Any]:
    def prepare_order(command: Any, context: Any, prices: Any, plan: Any) -> Any:
        return original(command, context, replace(prices, total=prices.total - prices.freight), plan)

    return prepare_order


def discount_below_zero(price: Money, promotion: Any) -> Money:
    return price - Money(promotion.amount_minor, price.currency)


def drop_remainder(whole: int, weights: Any) -> list[int]:
    return [int(whole * weight / sum(weights)) for weight in weights]


def tax_on_top(amount: Money, rate: str) -> Money:
    return amount.portion(money_module.Decimal(rate))


BUGS = (
    Bug(
        "cancelled units keep their share of a discount",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(reduction, "_scale_adjustments", replace_with(lambda adjustments, *_: adjustments)),),
        scenario=a_unit_sold_with_a_discount_is_cancelled,
    ),
    Bug(
        "freight is not added to the total",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(placing, "prepare_order", drop_freight),),
        scenario=an_order_with_freight,
    ),
    Bug(
        "a discount may exceed the price",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(quoting, "_discount_unit_price", replace_with(discount_below_zero)),),
        scenario=a_discount_exceeds_the_price,
    ),
    Bug(
        "a divided discount loses its remainder",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(money_module, "largest_remainder", replace_with(drop_remainder)),),
        scenario=an_amount_is_shared_over_three_lines,
    ),
    Bug(
        "tax is added to prices that include it",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(quoting, "included_tax", replace_with(tax_on_top)),),
        scenario=two_trays_are_ordered,
    ),
    Bug(
        "a shopper may override the price",
        KIND,
        detected_by="A2",
        patches=(patch_attribute(order_form, "_check_privileged_fields", always_return(None)),),
        scenario=a_shopper_overrides_the_price,
    ),
    Bug(
        "a coupon is used more often than its cap",
        KIND,
        detected_by="M9",
        patches=(
            patch_attribute(pricing_store, "use_coupon", drop_conditions),
            patch_attribute(quoting, "check_coupon", always_return(None)),
        ),
        scenario=a_coupon_is_used_until_it_is_spent,
    ),
    Bug(
        "a customer uses a coupon more often than the limit per customer",
        KIND,
        detected_by="M9",
        patches=(
            patch_attribute(coupon_uses, "use_coupons", drop_conditions),
            patch_attribute(quoting, "check_coupon", always_return(None)),
        ),
        scenario=one_customer_reuses_a_coupon,
    ),
    Bug(
        "the use of a coupon is not counted",
        KIND,
        detected_by="M9",
        patches=(patch_attribute(placing, "redeem_coupons", always_return([])),),
        scenario=a_coupon_is_used,
    ),
    Bug(
        "credit is extended beyond the limit",
        KIND,
        detected_by="A2",
        patches=(
            patch_attribute(
                placing,
                "extend_credit",
                lambda original: lambda *args, **options: original(*args, **options | {"override": True}),
            ),
        ),
        scenario=the_credit_limit_is_reached,
    ),
    Bug(
        "a cancelled order does not return its coupon",
        KIND,
        detected_by="M9",
        patches=(patch_attribute(cancelling, "return_coupons", always_return([])),),
        seed=4,
    ),
    Bug(
        "a cancelled order does not release its credit",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(cancelling, "release_credit", always_return(None)),),
    ),
)

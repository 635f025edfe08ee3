"""What goods cost, what is taken off, and what may be bought on credit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.channels import order_form
from chalicelib.kit import money as units
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as ending
from chalicelib.orders import place as placing
from chalicelib.pricing import quote as quoting
from chalicelib.pricing import store as codes
from chalicelib.pricing.model import Coupon, Promotion
from chalicelib.pricing.save import save_promotion
from tests.client import call
from tests.shop import CUP, TEAPOT, TRAY, an_order, token
from tests.verification.simulator.bugs.bug import Bug, always_return, drop_conditions, patch_attribute, replace_with
from tests.verification.simulator.bugs.scenario_driver import CASH, CREDIT, MAKMUR, ScenarioDriver
from tests.verification.simulator.bugs.shop import LIA, PROMOTION_START, SINTA, TERMS

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_THE_TILL: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def an_order_with_freight(scene: ScenarioDriver) -> None:
    agreed = {"unit_price": {"amount": 11_000, "currency": "IDR"}}
    elsewhere: dict[str, Any] = {"by": "channel-tokoku", "channel": "marketplace", "ref": "TK-1", "payments": []}
    elsewhere |= {"lines": [{"sku": CUP, "quantity": 4, "agreed": agreed}]}
    scene.place_and_handle(**elsewhere, freight={"amount": 9_000, "currency": "IDR"})


def a_discount_exceeds_the_price(scene: ScenarioDriver) -> None:
    save_amount_promotion(20_000, CUP)
    scene.place_and_handle((CUP, 4), (TEAPOT, 4))


def an_amount_is_shared_over_three_lines(scene: ScenarioDriver) -> None:
    """Over goods of 12 500, 125 000 and 40 000 it cannot be shared without a rest."""
    save_amount_promotion(10_000)
    scene.place_and_handle((CUP, 1), (TEAPOT, 1), (TRAY, 1))


def save_amount_promotion(minor: int, *skus: str) -> None:
    murah = Promotion(
        "murah", "Murah", "amount", PROMOTION_START, amount_minor=minor, currency="IDR", skus=skus, terms=TERMS
    )
    save_promotion(murah, "test")


def two_trays_are_ordered(scene: ScenarioDriver) -> None:
    scene.place_and_handle((TRAY, 2))


def a_shopper_overrides_the_price(scene: ScenarioDriver) -> None:
    price = {"unit_price": {"amount": 1, "currency": "IDR"}, "reason": "please"}
    body = an_order(lines=[{"sku": TRAY, "quantity": 1, "override": price}])
    refused = call("POST", "/api/orders", body, key="a-key-of-sixteen-letters")
    scene.expect("MayNotOverridePrices", refused.json.get("code") == "may_not_override_prices")


def a_coupon_is_used_until_it_is_spent(scene: ScenarioDriver) -> None:
    """Three may use it."""
    for _ in range(3):
        scene.place_and_handle((CUP, 4), coupons=["HEMAT"])
    answer = call("POST", "/api/orders", an_order((CUP, 4), coupons=["HEMAT"]), key="a-key-of-sixteen-letters")
    scene.expect("CouponSpent", answer.json.get("code") == "coupon_spent")


def a_coupon_is_used(scene: ScenarioDriver) -> None:
    scene.place_and_handle((CUP, 4), coupons=["HEMAT"])


def one_customer_reuses_a_coupon(scene: ScenarioDriver) -> None:
    """Three may use it, each of them once."""
    sekali = Promotion("sekali", "Sekali", "percent", PROMOTION_START, rate="0.10", terms=TERMS)
    save_promotion(sekali, "test", Coupon("SEKALI", "sekali", PROMOTION_START, cap=3, per_customer=1))
    his: dict[str, Any] = {"by": LIA, "channel": "phone", "coupons": ["SEKALI"]} | MAKMUR
    scene.place_and_handle((CUP, 4), **his)
    scene.expect_sent_away(lambda: scene.place((CUP, 4), **his))


def the_credit_limit_is_reached(scene: ScenarioDriver) -> None:
    """His limit is 400 000."""
    scene.place_and_handle((TEAPOT, 3), **ON_CREDIT)
    body = an_order((TEAPOT, 2), channel="phone", payments=CREDIT, **MAKMUR)
    answer = call("POST", "/api/orders", body, token=token(LIA), key="a-key-of-sixteen-letters")
    scene.expect("CreditLimitReached", answer.json.get("code") == "credit_limit_reached")


def drop_freight(was: Callable[..., Any]) -> Callable[..., Any]:
    def built(command: Any, context: Any, prices: Any, plan: Any) -> Any:
        return was(command, context, replace(prices, total=prices.total - prices.freight), plan)

    return built


def discount_below_zero(each: Money, promotion: Any) -> Money:
    return each - Money(promotion.amount_minor, each.currency)


def drop_remainder(whole: int, weights: Any) -> list[int]:
    return [int(whole * weight / sum(weights)) for weight in weights]


def tax_on_top(amount: Money, rate: str) -> Money:
    return amount.portion(units.Decimal(rate))


BUGS = (
    Bug(
        "freight is promised and not asked for",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(placing, "prepare_order", drop_freight),),
        scenario=an_order_with_freight,
    ),
    Bug(
        "a discount may be more than the price",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(quoting, "_discount_unit_price", replace_with(discount_below_zero)),),
        scenario=a_discount_exceeds_the_price,
    ),
    Bug(
        "a shared discount loses its last units",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(units, "largest_remainder", replace_with(drop_remainder)),),
        scenario=an_amount_is_shared_over_three_lines,
    ),
    Bug(
        "tax is reckoned on top of prices that hold it",
        KIND,
        detected_by="M1",
        patches=(patch_attribute(quoting, "included_tax", replace_with(tax_on_top)),),
        scenario=two_trays_are_ordered,
    ),
    Bug(
        "a shopper's own price is taken",
        KIND,
        detected_by="A2",
        patches=(patch_attribute(order_form, "_check_privileged_fields", always_return(None)),),
        scenario=a_shopper_overrides_the_price,
    ),
    Bug(
        "a code is used more often than it may be",
        KIND,
        detected_by="M9",
        patches=(
            patch_attribute(codes, "use_coupon", drop_conditions),
            patch_attribute(quoting, "check_coupon", always_return(None)),
        ),
        scenario=a_coupon_is_used_until_it_is_spent,
    ),
    Bug(
        "one customer uses a code more often than he may",
        KIND,
        detected_by="M9",
        patches=(
            patch_attribute(codes, "_build_customer_use", drop_conditions),
            patch_attribute(quoting, "check_coupon", always_return(None)),
        ),
        scenario=one_customer_reuses_a_coupon,
    ),
    Bug(
        "the use of a code is not counted",
        KIND,
        detected_by="M9",
        patches=(patch_attribute(placing, "redeem_coupons", always_return([])),),
        scenario=a_coupon_is_used,
    ),
    Bug(
        "credit is given whatever the limit",
        KIND,
        detected_by="A2",
        patches=(
            patch_attribute(placing, "extend_credit", lambda was: lambda *said, override: was(*said, override=True)),
        ),
        scenario=the_credit_limit_is_reached,
    ),
    Bug(
        "a dead order keeps its code",
        KIND,
        detected_by="M9",
        patches=(patch_attribute(ending, "return_coupons", always_return([])),),
        seed=4,
    ),
    Bug(
        "a dead order keeps its credit",
        KIND,
        detected_by="M3",
        patches=(patch_attribute(ending, "release_credit", always_return(None)),),
    ),
)

"""What goods cost, what is taken off, and what may be bought on credit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.channels import speech
from chalicelib.kit import money as units
from chalicelib.kit.money import Money
from chalicelib.orders import cancel as ending
from chalicelib.orders import place as placing
from chalicelib.pricing import quote as quoting
from chalicelib.pricing import store as codes
from chalicelib.pricing.keep import keep_promotion
from chalicelib.pricing.model import Coupon, Promotion
from tests.client import call
from tests.shop import CUP, TEAPOT, TRAY, an_order, token
from tests.verification.simulator.bugs.bug import Bug, answers, instead, swap, unconditional
from tests.verification.simulator.bugs.scene import CASH, CREDIT, MAKMUR, Scene
from tests.verification.simulator.bugs.shop import BEGINS, LIA, SINTA, TERMS

KIND = "money"
ON_CREDIT: dict[str, Any] = {"by": LIA, "channel": "phone", "payments": CREDIT} | MAKMUR
AT_THE_TILL: dict[str, Any] = {"by": SINTA, "channel": "pos", "payments": CASH, "delivery": {"method": "handover"}}


def an_order_with_freight(scene: Scene) -> None:
    agreed = {"unit_price": {"amount": 11_000, "currency": "IDR"}}
    elsewhere: dict[str, Any] = {"by": "channel-tokoku", "channel": "marketplace", "ref": "TK-1", "payments": []}
    elsewhere |= {"lines": [{"sku": CUP, "quantity": 4, "agreed": agreed}]}
    scene.heard(**elsewhere, freight={"amount": 9_000, "currency": "IDR"})


def more_off_than_it_costs(scene: Scene) -> None:
    promised(20_000, CUP)
    scene.heard((CUP, 4), (TEAPOT, 4))


def an_amount_off_three_lines(scene: Scene) -> None:
    """Over goods of 12 500, 125 000 and 40 000 it cannot be shared without a rest."""
    promised(10_000)
    scene.heard((CUP, 1), (TEAPOT, 1), (TRAY, 1))


def promised(minor: int, *skus: str) -> None:
    murah = Promotion("murah", "Murah", "amount", BEGINS, amount_minor=minor, currency="IDR", skus=skus, terms=TERMS)
    keep_promotion(murah, "test")


def two_trays_are_ordered(scene: Scene) -> None:
    scene.heard((TRAY, 2))


def a_shopper_names_his_price(scene: Scene) -> None:
    price = {"unit_price": {"amount": 1, "currency": "IDR"}, "reason": "please"}
    body = an_order(lines=[{"sku": TRAY, "quantity": 1, "override": price}])
    refused = call("POST", "/api/orders", body, key="a-key-of-sixteen-letters")
    scene.holds("MayNotOverridePrices", refused.json.get("code") == "may_not_override_prices")


def a_code_is_used_until_it_is_spent(scene: Scene) -> None:
    """Three may use it."""
    for _ in range(3):
        scene.heard((CUP, 4), coupons=["HEMAT"])
    answer = call("POST", "/api/orders", an_order((CUP, 4), coupons=["HEMAT"]), key="a-key-of-sixteen-letters")
    scene.holds("CouponSpent", answer.json.get("code") == "coupon_spent")


def a_code_is_used(scene: Scene) -> None:
    scene.heard((CUP, 4), coupons=["HEMAT"])


def one_customer_uses_a_code_again(scene: Scene) -> None:
    """Three may use it, each of them once."""
    sekali = Promotion("sekali", "Sekali", "percent", BEGINS, rate="0.10", terms=TERMS)
    keep_promotion(sekali, "test", Coupon("SEKALI", "sekali", BEGINS, cap=3, per_customer=1))
    his: dict[str, Any] = {"by": LIA, "channel": "phone", "coupons": ["SEKALI"]} | MAKMUR
    scene.heard((CUP, 4), **his)
    scene.sends_away(lambda: scene.order((CUP, 4), **his))


def credit_is_used_up(scene: Scene) -> None:
    """His limit is 400 000."""
    scene.heard((TEAPOT, 3), **ON_CREDIT)
    body = an_order((TEAPOT, 2), channel="phone", payments=CREDIT, **MAKMUR)
    answer = call("POST", "/api/orders", body, token=token(LIA), key="a-key-of-sixteen-letters")
    scene.holds("CreditLimitReached", answer.json.get("code") == "credit_limit_reached")


def without_freight(was: Callable[..., Any]) -> Callable[..., Any]:
    def built(command: Any, context: Any, prices: Any, plan: Any) -> Any:
        return was(command, context, replace(prices, total=prices.total - prices.freight), plan)

    return built


def below_nothing(each: Money, promotion: Any) -> Money:
    return each - Money(promotion.amount_minor, each.currency)


def without_the_rest(whole: int, weights: Any) -> list[int]:
    return [int(whole * weight / sum(weights)) for weight in weights]


def on_top(amount: Money, rate: str) -> Money:
    return amount.portion(units.Decimal(rate))


BUGS = (
    Bug(
        "freight is promised and not asked for",
        KIND,
        by="M1",
        sown=(swap(placing, "build_placement", without_freight),),
        story=an_order_with_freight,
    ),
    Bug(
        "a discount may be more than the price",
        KIND,
        by="M1",
        sown=(swap(quoting, "_lowered", instead(below_nothing)),),
        story=more_off_than_it_costs,
    ),
    Bug(
        "a shared discount loses its last units",
        KIND,
        by="M1",
        sown=(swap(units, "largest_remainder", instead(without_the_rest)),),
        story=an_amount_off_three_lines,
    ),
    Bug(
        "tax is reckoned on top of prices that hold it",
        KIND,
        by="M1",
        sown=(swap(quoting, "tax_within", instead(on_top)),),
        story=two_trays_are_ordered,
    ),
    Bug(
        "a shopper's own price is taken",
        KIND,
        by="A2",
        sown=(swap(speech, "_only_what_he_may_say", answers(None)),),
        story=a_shopper_names_his_price,
    ),
    Bug(
        "a code is used more often than it may be",
        KIND,
        by="M9",
        sown=(swap(codes, "use_coupon", unconditional), swap(quoting, "check_coupon", answers(None))),
        story=a_code_is_used_until_it_is_spent,
    ),
    Bug(
        "one customer uses a code more often than he may",
        KIND,
        by="M9",
        sown=(swap(codes, "_use_by", unconditional), swap(quoting, "check_coupon", answers(None))),
        story=one_customer_uses_a_code_again,
    ),
    Bug(
        "the use of a code is not counted",
        KIND,
        by="M9",
        sown=(swap(placing, "coupons_used", answers([])),),
        story=a_code_is_used,
    ),
    Bug(
        "credit is given whatever the limit",
        KIND,
        by="A2",
        sown=(swap(placing, "extend_credit", lambda was: lambda *said, override: was(*said, override=True)),),
        story=credit_is_used_up,
    ),
    Bug("a dead order keeps its code", KIND, by="M9", sown=(swap(ending, "coupons_returned", answers([])),), seed=4),
    Bug("a dead order keeps its credit", KIND, by="M3", sown=(swap(ending, "give_back_credit", answers(None)),)),
)

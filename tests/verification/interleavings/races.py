"""Who wants the same at once: a world in which they can, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.fill_backorders import fill_at_levels
from chalicelib.fulfillment.store import load_fulfillment_of_order
from chalicelib.orders.events import expire_unpaid
from tests.client import call
from tests.fulfillment.build import BUDI, DEWI, JOKO, deliver_events, park_vans
from tests.shop import CUP, RARE, TEAPOT, a_credit_customer, add_stock, advance_clock, an_order, open_shop, token
from tests.verification.interleavings.turns import Actor

TRANSFER = [{"method": "transfer"}]


Guards = frozenset[str]  # tables, by the conditions of all writes to them


@dataclass(frozen=True)
class Race:
    """`ends` are the only ways it may end, as told to each actor. `needs` are the guards that cover each other: with
    all of them away it ends otherwise, if only in another word, and as long as one of them stands it does not."""

    actors: Sequence[Actor]
    endings: set[tuple[str, ...]]
    guards: Guards


def answer_code(answer: Any) -> str:
    return "mine" if answer.status < 300 else str(answer.json["code"])


def buy(number: int, sku: str, quantity: int = 1, by: str = "", **said: Any) -> Actor:
    body = an_order((sku, quantity), **({"customer": buyer(number)} | said))
    key = f"the-key-of-buyer-{number}"
    return lambda: answer_code(call("POST", "/api/orders", body, key=key, token=token(by) if by else ""))


def buyer(number: int) -> dict[str, str]:
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def post(path: str, by: str, body: Any = None) -> Actor:
    return lambda: answer_code(call("POST", f"/api{path}", body, token=token(by)))


def place_order(*lines: tuple[str, int], **said: Any) -> dict[str, Any]:
    answer = call("POST", "/api/orders", an_order(*lines, **said), key="the-key-of-this-order")
    assert answer.status == 201, answer.text
    deliver_events(answer.json["id"])
    return answer.json  # type: ignore[no-any-return]


def open_offer() -> Any:
    """To both salesmen, and the warehouse that has the work otherwise."""
    open_shop(TEAPOT=5)
    for van in ("van-budi", "van-dewi"):
        add_stock(TEAPOT, van, 5)
    park_vans(BUDI, DEWI)
    case = load_fulfillment_of_order(place_order((TEAPOT, 1))["id"])
    assert {each.staff for each in case.offers[-1].invitations} == {BUDI, DEWI}
    return case


def claims(case: Any, *salesmen: str) -> list[Actor]:
    return [post(f"/offers/{case.offers[-1].id}/claim", each) for each in salesmen]


# What becomes of an order is kept twice: in its row, which has a version, and in its journal, where each step has its
# number. Whoever comes too late with one of them is stopped by the other.
ORDER, JOURNAL, STOCK = Guards({"orders"}), Guards({"journal"}), Guards({"stock"})
FIRST, SECOND = ("mine", "already_claimed"), ("already_claimed", "mine")


def two_claim_one_offer() -> Race:
    return Race(claims(open_offer(), BUDI, DEWI), {FIRST, SECOND}, ORDER | JOURNAL)


def one_claims_as_the_warehouse_accepts() -> Race:
    case = open_offer()
    accepts = post(f"/fulfillments/{case.fulfillments[0].id}/accept", JOKO)
    return Race([*claims(case, BUDI), accepts], {FIRST, ("warehouse_accepted", "mine")}, ORDER | JOURNAL)


def one_claims_as_the_offer_expires() -> Race:
    """The clock's own process has come to the end already."""
    case = open_offer()
    offer = case.offers[-1]
    ends = {("mine", "False"), ("offer_expired", "True")}
    return Race([*claims(case, BUDI), lambda: str(expire(offer.id, offer.expires_at))], ends, ORDER | JOURNAL)


def two_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    return Race([buy(1, RARE), buy(2, RARE)], {("mine", "out_of_stock"), ("out_of_stock", "mine")}, STOCK)


def two_use_a_coupon_for_one() -> Race:
    open_shop(CUP=9)
    terms = {"id": "Sekali.", "en": "Once."}
    once = {"id": "once", "name": "Once", "kind": "percent", "rate": "0.10", "terms": terms}
    once |= {"starts_at": "2026-01-01T00:00:00Z", "coupon": {"code": "ONCE", "cap": 1}}
    assert call("PUT", "/api/promotions", once, token=token("owner-ratna")).status == 200
    buyers = [buy(number, CUP, coupons=["ONCE"]) for number in (1, 2)]
    return Race(buyers, {("mine", "coupon_spent"), ("coupon_spent", "mine")}, Guards({"pricing"}))


def two_orders_on_the_remaining_credit() -> Race:
    open_shop(CUP=9)
    said = {"channel": "phone", "customer": {"id": a_credit_customer(4 * 12_500)}, "payments": [{"method": "credit"}]}
    buyers = [buy(number, CUP, 3, by="agent-lia", **said) for number in (1, 2)]
    ends = {("mine", "credit_limit_reached"), ("credit_limit_reached", "mine")}
    return Race(buyers, ends, Guards({"customers"}))


def payment_is_confirmed_as_the_order_expires() -> Race:
    """The hold is over: paid in time after all, or ended with the money owed back; which, is who came first."""
    open_shop(RARE=1)
    waiting = place_order((RARE, 1), payments=TRANSFER)
    advance_clock(24 * 60 + 1)
    pays = post(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, lambda: str(expire_unpaid())], {("mine", "0"), ("mine", "1")}, ORDER | JOURNAL)


def payment_is_confirmed_as_another_buys_the_unit() -> Race:
    open_shop(RARE=1)
    waiting = place_order((RARE, 1), payments=TRANSFER)
    advance_clock(24 * 60 + 1)
    pays = post(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, buy(1, RARE)], {("mine", "out_of_stock"), ("mine", "mine")}, STOCK)


def the_customer_cancels_as_the_parcel_leaves() -> Race:
    open_shop(CUP=5)
    order = place_order((CUP, 1))
    work = load_fulfillment_of_order(order["id"]).fulfillments[-1].id
    for verb in ("accept", "pick", "ready"):
        assert post(f"/fulfillments/{work}/{verb}", JOKO)() == "mine"
    cancels = post(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "changed my mind"})
    leaves = post(f"/fulfillments/{work}/dispatch", JOKO)
    # Without it the stock stops who comes too late, and tells him what no customer understands.
    return Race([cancels, leaves], {("mine", "cannot_move"), ("cannot_cancel", "mine")}, ORDER)


def two_claim_as_the_warehouse_accepts() -> Race:
    case = open_offer()
    accepts = post(f"/fulfillments/{case.fulfillments[0].id}/accept", JOKO)
    taken = "already_claimed"
    ends = {("mine", taken, taken), (taken, "mine", taken), ("warehouse_accepted", "warehouse_accepted", "mine")}
    return Race([*claims(case, BUDI, DEWI), accepts], ends, ORDER | JOURNAL)


FRIDAY = "2026-11-27"


def expect_stock(sku: str, quantity: int) -> None:
    goods = {"location": "wh-surabaya", "on": FRIDAY, "lines": [{"sku": sku, "quantity": quantity}], "reason": "PO 88"}
    assert call("POST", "/api/stock/expected", goods, key="the-key-of-what-comes", token=token(JOKO)).status == 201


def two_buy_the_last_expected_unit() -> Race:
    open_shop()
    expect_stock(RARE, 1)
    buyers = [buy(number, RARE, backorder=True) for number in (1, 2)]
    return Race(buyers, {("mine", "out_of_stock"), ("out_of_stock", "mine")}, STOCK)


def an_order_is_cancelled_as_its_backorder_is_filled() -> Race:
    open_shop()
    expect_stock(RARE, 1)
    order = place_order((RARE, 1), backorder=True)
    came = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": RARE, "quantity": 1}]}
    assert call("POST", "/api/stock/movements", came, key="the-key-of-what-came", token=token(JOKO)).status == 201
    cancels = post(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "too long"})
    place = (RARE, "wh-surabaya", int(FRIDAY.replace("-", "")))
    # Who comes too late to give it to this order puts it where anybody can buy it. Without the order's guard the stock
    # stops whoever cancels, in words of its own.
    return Race([cancels, lambda: str(fill_at_levels([place]) or "mine")], {("mine", "mine"), ("mine", "1")}, ORDER)


def three_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    ends = {tuple("mine" if each == winner else "out_of_stock" for each in range(3)) for winner in range(3)}
    return Race([buy(number, RARE) for number in (1, 2, 3)], ends, STOCK)


RACES: list[Callable[[], Race]] = [
    two_claim_one_offer,
    one_claims_as_the_warehouse_accepts,
    one_claims_as_the_offer_expires,
    two_buy_the_last_unit,
    two_use_a_coupon_for_one,
    two_orders_on_the_remaining_credit,
    payment_is_confirmed_as_the_order_expires,
    payment_is_confirmed_as_another_buys_the_unit,
    the_customer_cancels_as_the_parcel_leaves,
    two_buy_the_last_expected_unit,
    an_order_is_cancelled_as_its_backorder_is_filled,
    two_claim_as_the_warehouse_accepts,
    three_buy_the_last_unit,
]

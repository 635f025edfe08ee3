"""Who wants the same at once: a world in which they can, and what each of them does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.fulfillment.expire import expire
from chalicelib.fulfillment.fill import fill
from chalicelib.fulfillment.store import load_case
from chalicelib.orders.events import expire_unpaid
from tests.client import call
from tests.fulfillment.build import BUDI, DEWI, JOKO, listen, parked
from tests.shop import CUP, RARE, TEAPOT, a_creditor, an_order, later, open_shop, put, token
from tests.verification.interleavings.turns import Actor

TRANSFER = [{"method": "transfer"}]


Guards = frozenset[str]  # tables, by the conditions of all writes to them


@dataclass(frozen=True)
class Race:
    """`ends` are the only ways it may end, as told to each actor. `needs` are the guards that cover each other: with
    all of them away it ends otherwise, if only in another word, and as long as one of them stands it does not."""

    actors: Sequence[Actor]
    ends: set[tuple[str, ...]]
    needs: Guards


def code(answer: Any) -> str:
    return "mine" if answer.status < 300 else str(answer.json["code"])


def buys(number: int, sku: str, quantity: int = 1, by: str = "", **said: Any) -> Actor:
    body = an_order((sku, quantity), **({"customer": buyer(number)} | said))
    key = f"the-key-of-buyer-{number}"
    return lambda: code(call("POST", "/api/orders", body, key=key, token=token(by) if by else ""))


def buyer(number: int) -> dict[str, str]:
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def does(path: str, by: str, body: Any = None) -> Actor:
    return lambda: code(call("POST", f"/api{path}", body, token=token(by)))


def placed(*lines: tuple[str, int], **said: Any) -> dict[str, Any]:
    answer = call("POST", "/api/orders", an_order(*lines, **said), key="the-key-of-this-order")
    assert answer.status == 201, answer.text
    listen(answer.json["id"])
    return answer.json  # type: ignore[no-any-return]


def an_offer() -> Any:
    """To both salesmen, and the warehouse that has the work otherwise."""
    open_shop(TEAPOT=5)
    for van in ("van-budi", "van-dewi"):
        put(TEAPOT, van, 5)
    parked(BUDI, DEWI)
    case = load_case(placed((TEAPOT, 1))["id"])
    assert {each.staff for each in case.offers[-1].invited} == {BUDI, DEWI}
    return case


def claiming(case: Any, *salesmen: str) -> list[Actor]:
    return [does(f"/offers/{case.offers[-1].id}/claim", each) for each in salesmen]


# What becomes of an order is kept twice: in its row, which has a version, and in its journal, where each step has its
# number. Whoever comes too late with one of them is stopped by the other.
ORDER, JOURNAL, STOCK = Guards({"orders"}), Guards({"journal"}), Guards({"stock"})
FIRST, SECOND = ("mine", "already_claimed"), ("already_claimed", "mine")


def two_claim_one_offer() -> Race:
    return Race(claiming(an_offer(), BUDI, DEWI), {FIRST, SECOND}, ORDER | JOURNAL)


def one_claims_what_the_warehouse_accepts() -> Race:
    case = an_offer()
    accepts = does(f"/fulfillments/{case.works[0].id}/accept", JOKO)
    return Race([*claiming(case, BUDI), accepts], {FIRST, ("warehouse_accepted", "mine")}, ORDER | JOURNAL)


def one_claims_an_offer_that_ends() -> Race:
    """The clock's own process has come to the end already."""
    case = an_offer()
    offer = case.offers[-1]
    ends = {("mine", "False"), ("offer_expired", "True")}
    return Race([*claiming(case, BUDI), lambda: str(expire(offer.id, offer.expires_at))], ends, ORDER | JOURNAL)


def two_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    return Race([buys(1, RARE), buys(2, RARE)], {("mine", "out_of_stock"), ("out_of_stock", "mine")}, STOCK)


def two_use_a_coupon_for_one() -> Race:
    open_shop(CUP=9)
    terms = {"id": "Sekali.", "en": "Once."}
    once = {"id": "once", "name": "Once", "kind": "percent", "rate": "0.10", "terms": terms}
    once |= {"starts_at": "2026-01-01T00:00:00Z", "coupon": {"code": "ONCE", "cap": 1}}
    assert call("PUT", "/api/promotions", once, token=token("owner-ratna")).status == 200
    buyers = [buys(number, CUP, coupons=["ONCE"]) for number in (1, 2)]
    return Race(buyers, {("mine", "coupon_spent"), ("coupon_spent", "mine")}, Guards({"pricing"}))


def two_orders_on_what_is_left_of_a_credit() -> Race:
    open_shop(CUP=9)
    said = {"channel": "phone", "customer": {"id": a_creditor(4 * 12_500)}, "payments": [{"method": "credit"}]}
    buyers = [buys(number, CUP, 3, by="agent-lia", **said) for number in (1, 2)]
    ends = {("mine", "credit_limit_reached"), ("credit_limit_reached", "mine")}
    return Race(buyers, ends, Guards({"customers"}))


def money_comes_as_the_order_ends() -> Race:
    """The hold is over: paid in time after all, or ended with the money owed back; which, is who came first."""
    open_shop(RARE=1)
    waiting = placed((RARE, 1), payments=TRANSFER)
    later(24 * 60 + 1)
    pays = does(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, lambda: str(expire_unpaid())], {("mine", "0"), ("mine", "1")}, ORDER | JOURNAL)


def money_comes_as_another_buys_the_unit() -> Race:
    open_shop(RARE=1)
    waiting = placed((RARE, 1), payments=TRANSFER)
    later(24 * 60 + 1)
    pays = does(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, buys(1, RARE)], {("mine", "out_of_stock"), ("mine", "mine")}, STOCK)


def the_customer_cancels_what_leaves() -> Race:
    open_shop(CUP=5)
    order = placed((CUP, 1))
    work = load_case(order["id"]).works[-1].id
    for verb in ("accept", "pick", "ready"):
        assert does(f"/fulfillments/{work}/{verb}", JOKO)() == "mine"
    cancels = does(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "changed my mind"})
    leaves = does(f"/fulfillments/{work}/dispatch", JOKO)
    # Without it the stock stops who comes too late, and tells him what no customer understands.
    return Race([cancels, leaves], {("mine", "cannot_move"), ("cannot_cancel", "mine")}, ORDER)


def two_claim_what_the_warehouse_accepts() -> Race:
    case = an_offer()
    accepts = does(f"/fulfillments/{case.works[0].id}/accept", JOKO)
    taken = "already_claimed"
    ends = {("mine", taken, taken), (taken, "mine", taken), ("warehouse_accepted", "warehouse_accepted", "mine")}
    return Race([*claiming(case, BUDI, DEWI), accepts], ends, ORDER | JOURNAL)


FRIDAY = "2026-11-27"


def expected(sku: str, quantity: int) -> None:
    goods = {"location": "wh-surabaya", "on": FRIDAY, "lines": [{"sku": sku, "quantity": quantity}], "reason": "PO 88"}
    assert call("POST", "/api/stock/expected", goods, key="the-key-of-what-comes", token=token(JOKO)).status == 201


def two_buy_the_last_expected_unit() -> Race:
    open_shop()
    expected(RARE, 1)
    buyers = [buys(number, RARE, backorder=True) for number in (1, 2)]
    return Race(buyers, {("mine", "out_of_stock"), ("out_of_stock", "mine")}, STOCK)


def an_order_ends_as_its_goods_are_given_to_it() -> Race:
    open_shop()
    expected(RARE, 1)
    order = placed((RARE, 1), backorder=True)
    came = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": RARE, "quantity": 1}]}
    assert call("POST", "/api/stock/movements", came, key="the-key-of-what-came", token=token(JOKO)).status == 201
    cancels = does(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "too long"})
    place = (RARE, "wh-surabaya", int(FRIDAY.replace("-", "")))
    # Who comes too late to give it to this order puts it where anybody can buy it. Without the order's guard the stock
    # stops whoever cancels, in words of its own.
    return Race([cancels, lambda: str(fill([place]) or "mine")], {("mine", "mine"), ("mine", "1")}, ORDER)


def three_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    ends = {tuple("mine" if each == winner else "out_of_stock" for each in range(3)) for winner in range(3)}
    return Race([buys(number, RARE) for number in (1, 2, 3)], ends, STOCK)


RACES: list[Callable[[], Race]] = [
    two_claim_one_offer,
    one_claims_what_the_warehouse_accepts,
    one_claims_an_offer_that_ends,
    two_buy_the_last_unit,
    two_use_a_coupon_for_one,
    two_orders_on_what_is_left_of_a_credit,
    money_comes_as_the_order_ends,
    money_comes_as_another_buys_the_unit,
    the_customer_cancels_what_leaves,
    two_buy_the_last_expected_unit,
    an_order_ends_as_its_goods_are_given_to_it,
    two_claim_what_the_warehouse_accepts,
    three_buy_the_last_unit,
]

"""The races: each function prepares a shop and returns the actors, the allowed endings and the guards of a race."""

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


Guards = frozenset[str]  # tables; the conditions of all writes to a table are one guard


@dataclass(frozen=True)
class Race:
    """Actors that compete for the same thing.

    The race is violated, by an ending that is not allowed or by other rows, without all of its guards, but not as long
    as one of them is in place.
    """

    actors: Sequence[Actor]
    endings: set[tuple[str, ...]]  # allowed tuples of the actors' answers
    guards: Guards


def answer_code(answer: Any) -> str:
    return "won" if answer.status < 300 else str(answer.json["code"])


def buy(number: int, sku: str, quantity: int = 1, by: str = "", **fields: Any) -> Actor:
    body = an_order((sku, quantity), **({"customer": buyer(number)} | fields))
    key = f"the-key-of-buyer-{number}"
    return lambda: answer_code(call("POST", "/api/orders", body, key=key, token=token(by) if by else ""))


def buyer(number: int) -> dict[str, str]:
    return {"name": f"Pembeli {number}", "phone": f"0812{number:08}"}


def post(path: str, by: str, body: Any = None) -> Actor:
    return lambda: answer_code(call("POST", f"/api{path}", body, token=token(by)))


def place_order(*lines: tuple[str, int], **fields: Any) -> dict[str, Any]:
    answer = call("POST", "/api/orders", an_order(*lines, **fields), key="the-key-of-this-order")
    assert answer.status == 201, answer.text
    deliver_events(answer.json["id"])
    return answer.json  # type: ignore[no-any-return]


def open_offer() -> Any:
    """Open an offer to both salesmen and return the order's fulfillment; the warehouse has the work meanwhile."""
    open_shop(TEAPOT=5)
    for van in ("van-budi", "van-dewi"):
        add_stock(TEAPOT, van, 5)
    park_vans(BUDI, DEWI)
    fulfillment = load_fulfillment_of_order(place_order((TEAPOT, 1))["id"])
    assert {invitation.staff for invitation in fulfillment.offers[-1].invitations} == {BUDI, DEWI}
    return fulfillment


def claims(fulfillment: Any, *salesmen: str) -> list[Actor]:
    return [post(f"/offers/{fulfillment.offers[-1].id}/claim", salesman) for salesman in salesmen]


# An order is guarded twice: by the version of its row and by the sequence numbers of its journal entries. Either one
# alone stops a late actor.
ORDER, JOURNAL, STOCK = Guards({"orders"}), Guards({"journal"}), Guards({"stock"})
FIRST, SECOND = ("won", "already_claimed"), ("already_claimed", "won")


def two_claim_one_offer() -> Race:
    return Race(claims(open_offer(), BUDI, DEWI), {FIRST, SECOND}, ORDER | JOURNAL)


def one_claims_as_the_warehouse_accepts() -> Race:
    fulfillment = open_offer()
    accepts = post(f"/fulfillments/{fulfillment.fulfillments[0].id}/accept", JOKO)
    return Race([*claims(fulfillment, BUDI), accepts], {FIRST, ("warehouse_accepted", "won")}, ORDER | JOURNAL)


def one_claims_as_the_offer_expires() -> Race:
    """For the expiring process the offer's end is reached; for the salesman it is not."""
    fulfillment = open_offer()
    offer = fulfillment.offers[-1]
    ends = {("won", "False"), ("offer_expired", "True")}
    return Race([*claims(fulfillment, BUDI), lambda: str(expire(offer.id, offer.expires_at))], ends, ORDER | JOURNAL)


def two_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    return Race([buy(1, RARE), buy(2, RARE)], {("won", "out_of_stock"), ("out_of_stock", "won")}, STOCK)


def two_use_a_coupon_for_one() -> Race:
    open_shop(CUP=9)
    terms = {"id": "Sekali.", "en": "Once."}
    once = {"id": "once", "name": "Once", "kind": "percent", "rate": "0.10", "terms": terms}
    once |= {"starts_at": "2026-01-01T00:00:00Z", "coupon": {"code": "ONCE", "cap": 1}}
    assert call("PUT", "/api/promotions", once, token=token("owner-ratna")).status == 200
    buyers = [buy(number, CUP, coupons=["ONCE"]) for number in (1, 2)]
    return Race(buyers, {("won", "coupon_spent"), ("coupon_spent", "won")}, Guards({"pricing"}))


def two_orders_on_the_remaining_credit() -> Race:
    open_shop(CUP=9)
    customer = {"id": a_credit_customer(4 * 12_500)}
    fields = {"channel": "phone", "customer": customer, "payments": [{"method": "credit"}]}
    buyers = [buy(number, CUP, 3, by="agent-lia", **fields) for number in (1, 2)]
    ends = {("won", "credit_limit_reached"), ("credit_limit_reached", "won")}
    return Race(buyers, ends, Guards({"customers"}))


def payment_is_confirmed_as_the_order_expires() -> Race:
    """The hold has ended: the order is either paid or expires with the payment to be refunded."""
    open_shop(RARE=1)
    waiting = place_order((RARE, 1), payments=TRANSFER)
    advance_clock(24 * 60 + 1)
    pays = post(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, lambda: str(expire_unpaid())], {("won", "0"), ("won", "1")}, ORDER | JOURNAL)


def payment_is_confirmed_as_another_buys_the_unit() -> Race:
    open_shop(RARE=1)
    waiting = place_order((RARE, 1), payments=TRANSFER)
    advance_clock(24 * 60 + 1)
    pays = post(f"/payments/{waiting['payments'][0]['id']}/confirm", "finance-maya")
    return Race([pays, buy(1, RARE)], {("won", "out_of_stock"), ("won", "won")}, STOCK)


def the_customer_cancels_as_the_parcel_leaves() -> Race:
    open_shop(CUP=5)
    order = place_order((CUP, 1))
    work = load_fulfillment_of_order(order["id"]).fulfillments[-1].id
    for verb in ("accept", "pick", "ready"):
        assert post(f"/fulfillments/{work}/{verb}", JOKO)() == "won"
    cancels = post(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "changed my mind"})
    leaves = post(f"/fulfillments/{work}/dispatch", JOKO)
    # Without this guard the late actor is stopped by the stock, with a problem code that does not fit.
    return Race([cancels, leaves], {("won", "order_cancelled"), ("cannot_cancel", "won")}, ORDER)


def two_claim_as_the_warehouse_accepts() -> Race:
    fulfillment = open_offer()
    accepts = post(f"/fulfillments/{fulfillment.fulfillments[0].id}/accept", JOKO)
    taken = "already_claimed"
    ends = {("won", taken, taken), (taken, "won", taken), ("warehouse_accepted", "warehouse_accepted", "won")}
    return Race([*claims(fulfillment, BUDI, DEWI), accepts], ends, ORDER | JOURNAL)


FRIDAY = "2026-11-27"


def expect_stock(sku: str, quantity: int) -> None:
    body = {"location": "wh-surabaya", "on": FRIDAY, "lines": [{"sku": sku, "quantity": quantity}], "reason": "PO 88"}
    assert call("POST", "/api/stock/expected", body, key="the-expected-stock", token=token(JOKO)).status == 201


def two_buy_the_last_expected_unit() -> Race:
    open_shop()
    expect_stock(RARE, 1)
    buyers = [buy(number, RARE, backorder=True) for number in (1, 2)]
    return Race(buyers, {("won", "out_of_stock"), ("out_of_stock", "won")}, STOCK)


def an_order_is_cancelled_as_its_backorder_is_filled() -> Race:
    open_shop()
    expect_stock(RARE, 1)
    order = place_order((RARE, 1), backorder=True)
    body = {"kind": "receive", "location": "wh-surabaya", "reason": "PO 88", "lines": [{"sku": RARE, "quantity": 1}]}
    assert call("POST", "/api/stock/movements", body, key="the-received-stock", token=token(JOKO)).status == 201
    cancels = post(f"/orders/{order['id']}/cancel", "agent-lia", {"reason": "too long"})
    level = (RARE, "wh-surabaya", int(FRIDAY.replace("-", "")))
    # If the order is cancelled first, the unit returns to general stock. Without the order's guard a late cancellation
    # is stopped by the stock, with another problem code.
    return Race([cancels, lambda: str(fill_at_levels([level]) or "won")], {("won", "won"), ("won", "1")}, ORDER)


def three_buy_the_last_unit() -> Race:
    open_shop(RARE=1)
    ends = {tuple("won" if buyer == winner else "out_of_stock" for buyer in range(3)) for winner in range(3)}
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

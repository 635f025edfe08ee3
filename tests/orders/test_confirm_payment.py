"""Money that comes later: in time, too late, never, or in cash after all; and drafts that become orders."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import journal
from chalicelib.orders import store
from chalicelib.orders.events import expire_unpaid
from tests.client import call
from tests.shop import RARE, TEAPOT, a_credit_customer, add_stock, advance_clock, an_order, level, open_shop, token

KEY = "a-key-of-16-chars"
TRANSFER = [{"method": "transfer"}]


def place(body: Any, key: str = KEY, by: str = "") -> Any:
    return call("POST", "/api/orders", body, key=key, token=token(by) if by else "").json


def payment_id(order: Any) -> str:
    return str(order["payments"][0]["id"])


def test_a_confirmed_transfer_turns_the_hold_into_a_promise(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", f"/api/payments/{payment_id(order)}/proof?token={order['token']}", {"reference": "TRF 1"})

    told = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya")).json

    assert (told["payment_status"], told["reserved_until"]) == ("paid", None)
    assert told["payments"][0]["captured"] == {"amount": 250_000, "currency": "IDR"}
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}


def test_confirming_twice_is_confirming_once(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))

    first = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya"))
    second = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya"))

    assert (first.status, first.body) == (200, second.body)
    assert len(journal.history(f"order#{order['id']}")) == 2


def test_a_rejected_proof_may_be_sent_again(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    path = f"/api/payments/{payment_id(order)}"
    call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 1"})

    rejected = call("POST", f"{path}/reject", {"reason": "too little"}, token=token("finance-maya")).json
    again = call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 2"}).json

    assert rejected["payments"][0]["status"] == "rejected"
    assert again["payments"][0]["status"] == "proof_submitted"
    assert level(TEAPOT)["reserved"] == 2


def test_money_that_comes_after_the_hold_lapsed_reserves_afresh(aws: Any) -> None:
    open_shop(RARE=1)
    add_stock(RARE, "wh-sidoarjo", 1)
    order = place(an_order((RARE, 1), payments=TRANSFER))
    advance_clock(24 * 60 + 1)
    place(an_order((RARE, 2)), key="the-second-buyers-key")

    late = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya"))

    assert late.json["status"] == "cancelled"
    assert late.json["reason"] == "goods_gone"
    entry = journal.history(f"order#{order['id']}")[-1]
    assert entry.kind == "OrderCancelled"
    assert '"owed_minor":900000' in entry.body
    assert '"cause":"goods_gone"' in entry.body


def test_an_unpaid_order_ends_by_itself_and_frees_its_goods(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    advance_clock(24 * 60 + 1)

    ended = (expire_unpaid(), expire_unpaid())

    told = call("GET", f"/api/orders/{order['id']}?token={order['token']}").json
    assert ended == (1, 0)
    assert (told["status"], told["reason"]) == ("cancelled", "payment_expired")
    assert told["payments"][0]["status"] == "expired"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_proofs_that_wait_for_us_keep_no_other_order_from_ending(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many they are: the clock reads its list to the last page."""
    monkeypatch.setattr(store, "PAGE_SIZE", 1)
    open_shop(TEAPOT=5)
    proven = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", f"/api/payments/{payment_id(proven)}/proof?token={proven['token']}", {"reference": "TRF 1"})
    advance_clock(1)
    unpaid = place(an_order((TEAPOT, 1), payments=TRANSFER), key="another-key-of-16")
    advance_clock(24 * 60 + 1)

    ended = expire_unpaid()

    now = [store.find_order(order["id"]) for order in (proven, unpaid)]
    assert (ended, [order and order.status for order in now]) == (1, ["placed", "cancelled"])
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 2, "allocated": 0, "available": 3}


def test_money_for_an_ended_order_is_owed_back(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    advance_clock(24 * 60 + 1)
    expire_unpaid()

    told = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya")).json

    assert told["status"] == "cancelled"
    assert '"owed_minor":250000' in journal.history(f"order#{order['id']}")[-1].body
    assert level(TEAPOT)["available"] == 5


def test_a_customer_cancels_his_order_with_its_link(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2)))

    told = call("POST", f"/api/orders/{order['id']}/cancel?token={order['token']}", {"reason": "changed my mind"}).json

    assert (told["status"], told["fulfillment_status"]) == ("cancelled", "cancelled")
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_a_cancelled_credit_order_gives_the_credit_back(aws: Any) -> None:
    open_shop(TEAPOT=5)
    customer = a_credit_customer(limit=300_000)
    body = an_order((TEAPOT, 2), channel="phone", customer={"id": customer}, payments=[{"method": "credit"}])
    order = place(body, by="agent-lia")

    call("POST", f"/api/orders/{order['id']}/cancel", {"reason": "wrong goods"}, token=token("agent-lia"))
    again = place(body, key="another-key-of-16-chars", by="agent-lia")

    assert again["payment_status"] == "on_credit"


def test_a_foreign_link_opens_nothing(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 1)))
    other = place(an_order((TEAPOT, 1), note="another"), key="another-key-of-16-chars")

    unknown = call("GET", f"/api/orders/ord_unknown?token={other['token']}")
    foreign = call("GET", f"/api/orders/{order['id']}?token={other['token']}")

    assert (foreign.status, foreign.body) == (404, unknown.body)


def test_a_customer_sees_his_order_but_not_where_it_lies(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 1)))

    told = call("GET", f"/api/orders/{order['id']}?token={order['token']}").json

    assert told["total"] == {"amount": 125_000, "currency": "IDR"}
    assert not {"allocations", "created_by", "customer_id", "location"} & told.keys()


def test_cash_at_the_counter_pays_an_order_that_waited_for_a_transfer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    cashier = token("cashier-sinta")
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=cashier)

    told = call("POST", f"/api/orders/{order['id']}/payments", {"method": "cash"}, key=KEY, token=cashier).json

    assert told["payment_status"] == "paid"
    assert [(one["method"], one["status"]) for one in told["payments"]] == [
        ("transfer", "cancelled"),
        ("cash", "captured"),
    ]
    assert level(TEAPOT)["allocated"] == 2


def test_a_draft_holds_nothing_and_keeps_its_price_until_the_customer_pays(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    link = call("POST", f"/api/drafts/{draft['id']}/pay-link", key=KEY, token=agent).json["url"]
    guest = link.rsplit("token=", 1)[1]
    untouched = level(TEAPOT)["available"]

    shown = call("GET", f"/api/orders/{draft['id']}?token={guest}").json
    paid = call("POST", f"/api/orders/{draft['id']}/payments?token={guest}", {"method": "transfer"}, key=KEY).json
    order = call("GET", f"/api/orders/{draft['id']}", token=agent).json

    assert (shown["status"], untouched) == ("draft", 5)
    assert shown["total"] == paid["total"] == {"amount": 250_000, "currency": "IDR"}
    assert (order["channel"], order["created_by"], order["status"]) == ("phone", "agent-lia", "placed")
    assert level(TEAPOT)["reserved"] == 2


def test_a_draft_is_submitted_once(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    path = f"/api/drafts/{draft['id']}/submit"

    first = call("POST", path, key="submit-key-of-16-chars", token=agent)
    second = call("POST", path, key="another-key-of-16-chars", token=agent)

    assert first.json["status"] == "placed"
    assert second.status == 404
    assert level(TEAPOT)["allocated"] == 2


def test_a_draft_submitted_again_under_its_key_gets_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json

    first, again = (call("POST", f"/api/drafts/{draft['id']}/submit", key=KEY, token=agent) for _ in range(2))

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert level(TEAPOT)["allocated"] == 2


def test_a_customer_who_pays_his_draft_again_under_his_key_gets_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    link = call("POST", f"/api/drafts/{draft['id']}/pay-link", key=KEY, token=agent).json["url"]
    path = f"/api/orders/{draft['id']}/payments?token={link.rsplit('token=', 1)[1]}"

    first, again = (call("POST", path, {"method": "transfer"}, key=KEY) for _ in range(2))

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert level(TEAPOT)["reserved"] == 2


def test_cash_for_a_waiting_order_taken_again_under_its_key_is_taken_once(aws: Any) -> None:
    open_shop(TEAPOT=9)
    cashier = token("cashier-sinta")
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=cashier)
    path = f"/api/orders/{order['id']}/payments"

    first, again = (call("POST", path, {"method": "cash"}, key=KEY, token=cashier) for _ in range(2))

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert call("GET", "/api/shifts/mine", token=cashier).json["expected"]["amount"] == 250_000


def test_a_pay_link_asked_for_again_under_its_key_is_sent_once(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    path = f"/api/drafts/{draft['id']}/pay-link"

    first, again = (call("POST", path, key=KEY, token=agent) for _ in range(2))

    assert again.body == first.body
    assert [entry.kind for entry in journal.history(f"draft#{draft['id']}")] == ["DraftCreated", "PayLinkRequested"]


def test_orders_of_all_channels_stand_in_one_list_newest_first(aws: Any) -> None:
    open_shop(TEAPOT=9)
    web = place(an_order((TEAPOT, 1)))
    advance_clock(1)
    phone = place(an_order((TEAPOT, 1), channel="phone"), key="another-key-of-16-chars", by="agent-lia")

    told = call("GET", "/api/orders", token=token("owner-ratna")).json

    assert [one["id"] for one in told["items"]] == [phone["id"], web["id"]]
    assert [one["created_by"] for one in told["items"]] == ["agent-lia", "shopper"]

"""Orders that await payment: paid in time, late, never, or in cash; and drafts that become orders."""

from __future__ import annotations

import base64
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


def test_a_confirmed_transfer_turns_the_hold_into_an_allocation(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", f"/api/payments/{payment_id(order)}/proof?token={order['token']}", {"reference": "TRF 1"})

    paid = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya")).json

    assert (paid["payment_status"], paid["reserved_until"]) == ("paid", None)
    assert paid["payments"][0]["captured"] == {"amount": 250_000, "currency": "IDR"}
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}


def test_confirming_twice_is_a_no_op(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))

    first = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya"))
    second = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya"))

    assert (first.status, first.body) == (200, second.body)
    assert len(journal.history(f"order#{order['id']}")) == 2


def confirm_received(order: Any, amount: int) -> Any:
    path = f"/api/payments/{payment_id(order)}/confirm"
    return call("POST", path, query={"received": str(amount)}, token=token("finance-maya"))


def test_money_beyond_what_is_due_is_owed_back_and_finance_and_customer_hear_it(aws: Any, drain: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))

    paid = confirm_received(order, 260_000).json
    again = confirm_received(order, 260_000)
    drain()

    assert (paid["payment_status"], paid["status"], paid["reserved_until"]) == ("paid", "placed", None)
    assert paid["payments"][0]["captured"] == {"amount": 260_000, "currency": "IDR"}
    assert (again.status, again.json) == (200, paid)
    assert level(TEAPOT)["allocated"] == 2
    assert [(item["kind"], item["owed"]["amount"]) for item in board() if "owed" in item] == [("refund_owed", 10_000)]
    inbox = call("GET", "/api/inbox", token=token("finance-maya")).json["items"]
    assert [item["number"] for item in inbox if item["kind"] == "refund_owed"] == [order["number"]]
    refund = {"amount": {"amount": 10_000, "currency": "IDR"}, "method": "transfer"}
    returned = call("POST", f"/api/orders/{order['id']}/refunds", refund, key=KEY, token=token("finance-maya"))
    assert returned.status == 200, returned.text
    assert [item["kind"] for item in board()] == []


def board() -> list[Any]:
    return list(call("GET", "/api/exceptions", token=token("owner-ratna")).json["items"])


def test_money_beyond_one_transfer_pays_what_else_is_open_before_it_is_owed_back(aws: Any) -> None:
    open_shop(TEAPOT=5)
    shares = [{"method": "transfer", "amount": {"amount": 150_000, "currency": "IDR"}}, {"method": "cod"}]
    order = place(an_order((TEAPOT, 2), payments=shares))

    paid = confirm_received(order, 260_000).json

    assert paid["payment_status"] == "paid"
    assert [(payment["method"], payment["status"]) for payment in paid["payments"]] == [
        ("transfer", "captured"),
        ("cod", "cancelled"),
    ]
    entry = journal.row_to_entry(journal.history(f"order#{order['id']}")[-1])
    assert entry.event is not None and entry.event.owed_minor == 10_000


def test_less_than_is_due_is_refused_with_both_amounts_and_changes_nothing(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))

    refused = confirm_received(order, 249_999)

    assert (refused.status, refused.json["code"]) == (409, "received_too_little")
    assert (refused.json["due"]["amount"], refused.json["received"]["amount"]) == (250_000, 249_999)
    unchanged = call("GET", f"/api/orders/{order['id']}?token={order['token']}").json
    assert (unchanged["payment_status"], unchanged["payments"][0]["status"]) == ("unpaid", "awaiting_proof")
    assert level(TEAPOT)["reserved"] == 2


def test_the_whole_surplus_is_owed_back_when_the_goods_are_gone(aws: Any) -> None:
    open_shop(RARE=1)
    order = place(an_order((RARE, 1), payments=TRANSFER))
    advance_clock(24 * 60 + 1)
    place(an_order((RARE, 1)), key="the-second-buyers-key")

    late = confirm_received(order, 950_000).json

    assert (late["status"], late["reason"]) == ("cancelled", "goods_gone")
    assert '"owed_minor":950000' in journal.history(f"order#{order['id']}")[-1].body


def test_any_amount_of_money_for_an_expired_order_is_owed_back(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    advance_clock(24 * 60 + 1)
    expire_unpaid()

    late = confirm_received(order, 100_000).json

    assert late["payments"][0]["captured"] == {"amount": 100_000, "currency": "IDR"}
    assert '"owed_minor":100000' in journal.history(f"order#{order['id']}")[-1].body


def test_another_proof_may_be_sent_after_a_rejected_one(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    path = f"/api/payments/{payment_id(order)}"
    call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 1"})

    rejected = call("POST", f"{path}/reject", {"reason": "too little"}, token=token("finance-maya")).json
    again = call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 2"}).json

    assert rejected["payments"][0]["status"] == "rejected"
    assert again["payments"][0]["status"] == "proof_submitted"
    assert level(TEAPOT)["reserved"] == 2


def test_a_transfer_confirmed_after_the_goods_were_sold_cancels_the_order_and_the_money_is_owed_back(aws: Any) -> None:
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


def test_an_unpaid_order_expires_and_its_goods_are_available_again(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    advance_clock(24 * 60 + 1)

    expired = (expire_unpaid(), expire_unpaid())

    order = call("GET", f"/api/orders/{order['id']}?token={order['token']}").json
    assert expired == (1, 0)
    assert (order["status"], order["reason"]) == ("cancelled", "payment_expired")
    assert order["payments"][0]["status"] == "expired"
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_a_decision_on_a_proof_that_was_replaced_is_refused_and_changes_nothing(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    path = f"/api/payments/{payment_id(order)}"
    call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 1"})
    seen = call("GET", f"{path}/proof", token=token("finance-maya")).json["number"]
    newer = call("POST", f"{path}/proof?token={order['token']}", {"reference": "TRF 2"}).json

    answers = [
        call("POST", f"{path}/reject?proof={seen}", {"reason": "too little"}, token=token("finance-maya")),
        call("POST", f"{path}/confirm?proof={seen}", token=token("finance-maya")),
    ]

    assert [(answer.status, answer.json["code"], answer.json["number"]) for answer in answers] == [
        (409, "proof_replaced", 2)
    ] * 2
    assert newer["payments"][0]["proof_number"] == 2
    order = call("GET", f"/api/orders/{order['id']}", token=token("finance-maya")).json
    assert order["payments"][0]["status"] == "proof_submitted"
    assert call("POST", f"{path}/confirm?proof=2", token=token("finance-maya")).json["payment_status"] == "paid"


def test_finance_sees_the_pictures_of_replaced_proofs(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    path = f"/api/payments/{payment_id(order)}/proof"
    picture = base64.b64encode(b"%PDF-1.4 receipt").decode()
    call("POST", f"{path}?token={order['token']}", {"reference": "TRF 1", "picture": picture})
    call("POST", f"{path}?token={order['token']}", {"reference": "TRF 2"})

    latest, first, third = (
        call("GET", path, query=query, token=token("finance-maya")) for query in ({}, {"number": 1}, {"number": 3})
    )

    assert latest.json == {"number": 2, "reference": "TRF 2", "content_type": None, "data": None, "earlier": ["TRF 1"]}
    assert first.json == {
        "number": 1,
        "reference": "TRF 1",
        "content_type": "application/pdf",
        "data": picture,
        "earlier": ["TRF 1"],
    }
    assert third.status == 404


def test_orders_with_a_submitted_proof_do_not_keep_later_orders_from_expiring(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They fill the first page of the list, so all pages have to be read."""
    monkeypatch.setattr(store, "PAGE_SIZE", 1)
    open_shop(TEAPOT=5)
    proven = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", f"/api/payments/{payment_id(proven)}/proof?token={proven['token']}", {"reference": "TRF 1"})
    advance_clock(1)
    unpaid = place(an_order((TEAPOT, 1), payments=TRANSFER), key="another-key-of-16")
    advance_clock(24 * 60 + 1)

    expired = expire_unpaid()

    orders = [store.find_order(order["id"]) for order in (proven, unpaid)]
    assert (expired, [order and order.status for order in orders]) == (1, ["placed", "cancelled"])
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 2, "allocated": 0, "available": 3}


def test_money_for_an_expired_order_is_owed_back(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    advance_clock(24 * 60 + 1)
    expire_unpaid()

    confirmed = call("POST", f"/api/payments/{payment_id(order)}/confirm", token=token("finance-maya")).json

    assert confirmed["status"] == "cancelled"
    assert '"owed_minor":250000' in journal.history(f"order#{order['id']}")[-1].body
    assert level(TEAPOT)["available"] == 5


def test_a_customer_cancels_an_order_with_its_link(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 2)))

    path = f"/api/orders/{order['id']}/cancel?token={order['token']}"
    cancelled = call("POST", path, {"reason": "changed my mind"}).json

    assert (cancelled["status"], cancelled["fulfillment_status"]) == ("cancelled", "cancelled")
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 0, "available": 5}


def test_a_cancelled_credit_order_releases_its_credit(aws: Any) -> None:
    open_shop(TEAPOT=5)
    customer = a_credit_customer(limit=300_000)
    body = an_order((TEAPOT, 2), channel="phone", customer={"id": customer}, payments=[{"method": "credit"}])
    order = place(body, by="agent-lia")

    call("POST", f"/api/orders/{order['id']}/cancel", {"reason": "wrong goods"}, token=token("agent-lia"))
    again = place(body, key="another-key-of-16-chars", by="agent-lia")

    assert again["payment_status"] == "on_credit"


def test_a_link_opens_no_other_order(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 1)))
    other = place(an_order((TEAPOT, 1), note="another"), key="another-key-of-16-chars")

    unknown = call("GET", f"/api/orders/ord_unknown?token={other['token']}")
    foreign = call("GET", f"/api/orders/{order['id']}?token={other['token']}")

    assert (foreign.status, foreign.body) == (404, unknown.body)


def test_a_customer_sees_the_order_without_fields_for_staff(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = place(an_order((TEAPOT, 1)))

    shown = call("GET", f"/api/orders/{order['id']}?token={order['token']}").json

    assert shown["total"] == {"amount": 125_000, "currency": "IDR"}
    assert not {"allocations", "created_by", "customer_id", "location"} & shown.keys()


def test_an_order_that_awaits_a_transfer_can_be_paid_in_cash_at_the_counter(aws: Any) -> None:
    open_shop(TEAPOT=5)
    cashier = token("cashier-sinta")
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=cashier)

    paid = call("POST", f"/api/orders/{order['id']}/payments", {"method": "cash"}, key=KEY, token=cashier).json

    assert paid["payment_status"] == "paid"
    assert [(payment["method"], payment["status"]) for payment in paid["payments"]] == [
        ("transfer", "cancelled"),
        ("cash", "captured"),
    ]
    assert level(TEAPOT)["allocated"] == 2


def test_a_draft_reserves_nothing_and_its_price_is_fixed_until_the_customer_pays(aws: Any) -> None:
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


def test_submitting_a_draft_again_with_the_same_key_returns_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json

    first, again = (call("POST", f"/api/drafts/{draft['id']}/submit", key=KEY, token=agent) for _ in range(2))

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert level(TEAPOT)["allocated"] == 2


def test_paying_a_draft_again_with_the_same_key_returns_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    link = call("POST", f"/api/drafts/{draft['id']}/pay-link", key=KEY, token=agent).json["url"]
    path = f"/api/orders/{draft['id']}/payments?token={link.rsplit('token=', 1)[1]}"

    first, again = (call("POST", path, {"method": "transfer"}, key=KEY) for _ in range(2))

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert level(TEAPOT)["reserved"] == 2


def test_paying_an_order_in_cash_again_with_the_same_key_takes_the_cash_once(aws: Any) -> None:
    open_shop(TEAPOT=9)
    cashier = token("cashier-sinta")
    order = place(an_order((TEAPOT, 2), payments=TRANSFER))
    call("POST", "/api/shifts", {"opening": {"amount": 0, "currency": "IDR"}}, key="open-a-shift-key-1", token=cashier)
    path = f"/api/orders/{order['id']}/payments"

    first, again = (call("POST", path, {"method": "cash"}, key=KEY, token=cashier) for _ in range(2))

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert call("GET", "/api/shifts/mine", token=cashier).json["expected"]["amount"] == 250_000


def test_a_pay_link_requested_again_with_the_same_key_is_sent_once(aws: Any) -> None:
    open_shop(TEAPOT=5)
    agent = token("agent-lia")
    draft = call("POST", "/api/drafts", an_order((TEAPOT, 2), channel="phone"), key=KEY, token=agent).json
    path = f"/api/drafts/{draft['id']}/pay-link"

    first, again = (call("POST", path, key=KEY, token=agent) for _ in range(2))

    assert again.body == first.body
    assert [entry.kind for entry in journal.history(f"draft#{draft['id']}")] == ["DraftCreated", "PayLinkRequested"]


def test_orders_of_all_channels_are_in_one_list_newest_first(aws: Any) -> None:
    open_shop(TEAPOT=9)
    web = place(an_order((TEAPOT, 1)))
    advance_clock(1)
    phone = place(an_order((TEAPOT, 1), channel="phone"), key="another-key-of-16-chars", by="agent-lia")

    items = call("GET", "/api/orders", token=token("owner-ratna")).json["items"]

    assert [order["id"] for order in items] == [phone["id"], web["id"]]
    assert [order["created_by"] for order in items] == ["agent-lia", "shopper"]

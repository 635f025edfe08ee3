"""Placing orders through the public endpoint."""

from __future__ import annotations

from typing import Any

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.kit.money import Money
from chalicelib.pricing.save import save_price
from tests.client import call
from tests.shop import CUP, RARE, TEAPOT, a_credit_customer, add_stock, advance_clock, an_order, level, open_shop, token

KEY = "a-key-of-16-chars"


def place(body: Any, key: str = KEY, by: str = "") -> Any:
    headers = {"Idempotency-Key": key} | ({"Authorization": f"Bearer {token(by)}"} if by else {})
    return call("POST", "/api/orders", headers=headers, body=body)


def test_a_guest_order_allocates_its_goods_and_returns_a_token(aws: Any) -> None:
    open_shop(TEAPOT=5)

    answer = place(an_order((TEAPOT, 2)))

    order = answer.json
    assert answer.status == 201
    assert order["status"] == "placed"
    assert order["payment_status"] == "unpaid"
    assert order["fulfillment_status"] == "unassigned"
    assert order["total"] == {"amount": 250_000, "currency": "IDR"}
    assert order["allocations"] == [{"sku": TEAPOT, "location": "wh-surabaya", "quantity": 2}]
    assert order["token"]
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 0, "allocated": 2, "available": 3}


def test_an_order_paid_by_transfer_reserves_its_goods_until_the_money_arrives(aws: Any) -> None:
    open_shop(TEAPOT=5)

    order = place(an_order((TEAPOT, 2), payments=[{"method": "transfer"}])).json

    assert order["payments"][0]["status"] == "awaiting_proof"
    assert order["payments"][0]["action"]["kind"] == "instructions"
    assert order["reserved_until"] is not None
    assert level(TEAPOT) == {"on_hand": 5, "reserved": 2, "allocated": 0, "available": 3}


def test_a_request_repeated_with_its_key_places_one_order_and_returns_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)

    first, second = place(an_order((TEAPOT, 2))), place(an_order((TEAPOT, 2)))

    assert (first.status, second.status) == (201, 200)
    assert first.body == second.body
    assert level(TEAPOT)["allocated"] == 2


def test_a_repeated_request_is_answered_even_if_nothing_is_left_in_stock(aws: Any) -> None:
    open_shop(RARE=1)
    first = place(an_order((RARE, 1)))

    second = place(an_order((RARE, 1)))

    assert second.body == first.body


def test_a_request_repeated_a_year_later_returns_the_same_answer(aws: Any) -> None:
    open_shop(TEAPOT=5)
    first = place(an_order((TEAPOT, 2)))

    advance_clock(365 * 24 * 60)
    second = place(an_order((TEAPOT, 2)))

    assert (first.status, second.status) == (201, 200)
    assert second.body == first.body
    assert level(TEAPOT)["allocated"] == 2


def test_the_same_key_with_another_body_is_refused_and_nothing_moves(aws: Any) -> None:
    open_shop(TEAPOT=5)
    place(an_order((TEAPOT, 2)))

    answer = place(an_order((TEAPOT, 3)))

    assert (answer.status, answer.json["code"]) == (422, "key_reused")
    assert level(TEAPOT)["allocated"] == 2


def test_two_lines_of_one_sku_are_one_demand(aws: Any) -> None:
    open_shop(TEAPOT=3)

    answer = place(an_order((TEAPOT, 2), (TEAPOT, 2)))

    assert answer.status == 409
    assert answer.json["short"] == [{"sku": TEAPOT, "wanted": 4, "available": 3}]
    assert level(TEAPOT)["available"] == 3


def test_every_short_line_is_named(aws: Any) -> None:
    open_shop(TEAPOT=1, CUP=1)

    answer = place(an_order((TEAPOT, 2), (CUP, 3)))

    assert answer.json["code"] == "out_of_stock"
    assert [line["sku"] for line in answer.json["short"]] == [TEAPOT, CUP]


def test_goods_that_the_warehouse_lacks_are_allocated_at_a_store(aws: Any) -> None:
    open_shop(TEAPOT=1)
    add_stock(TEAPOT, "store-tunjungan", 4)

    order = place(an_order((TEAPOT, 3))).json

    assert order["allocations"] == [{"sku": TEAPOT, "location": "store-tunjungan", "quantity": 3}]


def test_van_stock_is_never_allocated_to_a_web_order(aws: Any) -> None:
    open_shop()
    add_stock(TEAPOT, "van-budi", 9)

    answer = place(an_order((TEAPOT, 1)))

    assert answer.json["short"] == [{"sku": TEAPOT, "wanted": 1, "available": 0}]
    assert level(TEAPOT, "van-budi")["available"] == 9


def test_the_units_of_a_lapsed_hold_can_be_bought_before_any_cleanup(aws: Any) -> None:
    open_shop(RARE=1)
    place(an_order((RARE, 1), payments=[{"method": "transfer"}]))
    advance_clock(24 * 60 + 1)

    answer = place(an_order((RARE, 1)), key="another-key-of-16-chars")

    assert answer.status == 201
    assert level(RARE) == {"on_hand": 1, "reserved": 0, "allocated": 1, "available": 0}


def test_the_units_of_an_active_hold_cannot_be_bought(aws: Any) -> None:
    open_shop(RARE=1)
    place(an_order((RARE, 1), payments=[{"method": "transfer"}]))
    advance_clock(24 * 60 - 1)

    answer = place(an_order((RARE, 1)), key="another-key-of-16-chars")

    assert answer.status == 409


def test_a_cash_sale_at_the_counter_issues_the_goods_and_adds_to_the_till(aws: Any) -> None:
    open_shop()
    add_stock(CUP, "store-tunjungan", 10)
    headers = {"Authorization": f"Bearer {token('cashier-sinta')}", "Idempotency-Key": "open-a-shift-key-1"}
    call("POST", "/api/shifts", headers=headers, body={"opening": {"amount": 100_000, "currency": "IDR"}})

    order = place(
        {"channel": "pos", "lines": [{"sku": CUP, "quantity": 3}], "payments": [{"method": "cash"}]}, by="cashier-sinta"
    ).json

    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == ("completed", "paid", "delivered")
    assert level(CUP, "store-tunjungan") == {"on_hand": 7, "reserved": 0, "allocated": 0, "available": 7}
    assert order["payments"][0]["shift"]


def test_two_cash_payments_of_one_order_are_both_added_to_the_till(aws: Any) -> None:
    """They are summed, because a DynamoDB transaction may change a row once."""
    open_shop()
    add_stock(CUP, "store-tunjungan", 4)
    body = {"opening": {"amount": 50_000, "currency": "IDR"}}
    cashier = token("cashier-sinta")
    call("POST", "/api/shifts", body, token=cashier, key="open-shift-key-1")
    part = {"method": "cash", "amount": {"amount": 30_000, "currency": "IDR"}}

    order = place(
        {"channel": "pos", "lines": [{"sku": CUP, "quantity": 3}], "payments": [part, {"method": "cash"}]},
        by="cashier-sinta",
    )

    mine = call("GET", "/api/shifts/mine", token=cashier).json
    assert mine["expected"]["amount"] == 50_000 + order.json["total"]["amount"]


def test_cash_without_an_open_shift_is_refused_and_nothing_moves(aws: Any) -> None:
    open_shop()
    add_stock(CUP, "store-tunjungan", 10)

    answer = place(
        {"channel": "pos", "lines": [{"sku": CUP, "quantity": 3}], "payments": [{"method": "cash"}]}, by="cashier-sinta"
    )

    assert (answer.status, answer.json["code"]) == (409, "no_open_shift")
    assert level(CUP, "store-tunjungan")["on_hand"] == 10


def test_a_shopper_cannot_pay_cash_and_is_told_how_else(aws: Any) -> None:
    open_shop(TEAPOT=5)

    answer = place(an_order((TEAPOT, 1), payments=[{"method": "cash"}]))

    assert (answer.status, answer.json["code"]) == (409, "method_unavailable")
    assert answer.json["methods"] == ["cod", "credit", "transfer"]
    assert level(TEAPOT)["available"] == 5


def test_credit_over_the_limit_by_an_agent_is_refused_as_credit_and_not_as_a_price(aws: Any) -> None:
    open_shop(TEAPOT=5)
    payment = {"method": "credit", "reason": "regular customer"}

    answer = place(
        an_order((TEAPOT, 2), channel="phone", customer={"id": a_credit_customer(1)}, payments=[payment]),
        by="agent-lia",
    )

    assert (answer.status, answer.json["code"]) == (409, "may_not_override_credit")
    assert level(TEAPOT)["available"] == 5


def test_credit_is_granted_up_to_the_limit_and_not_beyond(aws: Any) -> None:
    open_shop(TEAPOT=5)
    customer = a_credit_customer(limit=300_000)
    order = an_order((TEAPOT, 2), channel="phone", customer={"id": customer}, payments=[{"method": "credit"}])

    first = place(order, by="agent-lia")
    second = place(order, key="another-key-of-16-chars", by="agent-lia")

    assert (first.status, first.json["payment_status"]) == (201, "on_credit")
    assert (second.status, second.json["code"]) == (402, "credit_limit_reached")
    assert level(TEAPOT)["allocated"] == 2


def test_a_shopper_may_not_set_a_price(aws: Any) -> None:
    open_shop(TEAPOT=5)
    body = an_order((TEAPOT, 1))
    body["lines"][0]["agreed"] = {"unit_price": {"amount": 1, "currency": "IDR"}}

    answer = place(body)

    assert (answer.status, answer.json["code"]) == (422, "may_not_agree_prices")
    assert level(TEAPOT)["allocated"] == 0


def test_another_currency_is_refused(aws: Any) -> None:
    open_shop(TEAPOT=5)

    answer = place(an_order((TEAPOT, 1), payments=[{"method": "cod", "amount": {"amount": 5, "currency": "USD"}}]))

    assert (answer.status, answer.json["code"]) == (422, "wrong_currency")


def test_an_order_with_too_many_locations_for_one_transaction_is_refused_and_nothing_moves(aws: Any) -> None:
    open_shop()
    skus = [f"SPICE-{number:02}" for number in range(30)]
    for sku in skus:
        save_product(Product(sku, sku.title(), "Dapur", "IDR"), "test")
        save_price(sku, Money(5_000, "IDR"), (), "test")
        add_stock(sku, "wh-surabaya", 1)
        add_stock(sku, "wh-sidoarjo", 1)

    answer = place(an_order(*[(sku, 2) for sku in skus], payments=[{"method": "transfer"}]))

    assert (answer.status, answer.json["code"]) == (409, "too_many_places")
    assert {level(sku)["available"] for sku in skus} == {1}
    assert place(an_order(*[(sku, 2) for sku in skus[:20]], payments=[{"method": "transfer"}])).status == 201


def test_a_request_without_an_idempotency_key_is_refused(aws: Any) -> None:
    open_shop(TEAPOT=5)

    answer = call("POST", "/api/orders", body=an_order((TEAPOT, 1)))

    assert answer.status == 400
    assert "Idempotency-Key" in answer.json["detail"]

import json
from datetime import date

import pytest
from chalice.test import Client

from app import app
from chalicelib.customers.assign_salesman import assign_salesman
from chalicelib.kit import auth
from chalicelib.payments.project_ledger import update_ledger
from chalicelib.places.model import Staff
from chalicelib.places.save import save_staff
from tests.payments.build import (
    AGUS,
    BUDI,
    MAYA,
    NOON,
    RATNA,
    SINTA,
    a_customer,
    list_messages,
    sell_on_credit,
    set_clock,
)

client = Client(app)


def money(amount, currency="IDR"):
    return {"amount": amount, "currency": currency}


def assign_to_budi(customer: str) -> None:
    save_staff(Staff(BUDI.id, "Budi", "salesman"), "test")
    assign_salesman(customer, BUDI.id, actor="test")


@pytest.fixture
def call_api(aws, trusted_tokens):
    set_clock(NOON)
    keys = iter(range(1000))

    def request(principal, method, path, body=None, key=None):
        headers = {"Idempotency-Key": key or f"a-key-of-this-test-{next(keys)}"}
        if principal:
            headers["Authorization"] = f"Bearer {auth.staff_token(principal.id, principal.role)}"
        encoded = json.dumps(body).encode() if body is not None else b""
        response = client.http.request(method, path, headers=headers, body=encoded)
        return response.status_code, response.json_body

    return request


def test_a_cashier_opens_counts_and_closes_a_shift(call_api):
    status, opened = call_api(SINTA, "POST", "/shifts", {"till": "till-1", "opening": money(500)})
    assert (status, opened["status"]) == (201, "open")
    assert call_api(SINTA, "GET", "/shifts/mine")[1] == opened

    status, counted = call_api(SINTA, "POST", f"/shifts/{opened['id']}/count", {"counted": money(490)})
    assert (status, counted["variance"]) == (200, money(-10))

    status, closed = call_api(SINTA, "POST", f"/shifts/{opened['id']}/close", {"reason": "lost"})
    assert (status, closed["status"], closed["reason"]) == (200, "closed", "lost")
    assert call_api(RATNA, "GET", f"/shifts/{opened['id']}")[1] == closed


def test_opening_a_shift_again_with_its_idempotency_key_answers_the_same(call_api):
    body = {"opening": money(0)}

    first = call_api(SINTA, "POST", "/shifts", body, key="the-very-same-key-1")
    again = call_api(SINTA, "POST", "/shifts", body, key="the-very-same-key-1")

    assert (first[0], again) == (201, (200, first[1]))


def test_a_collection_appears_on_the_customer_card_immediately(call_api):
    a_customer(limit=1000)
    assign_to_budi("cus_1")
    sell_on_credit("pay_a", 300, date(2026, 10, 1))
    bag = call_api(BUDI, "POST", "/shifts", {"opening": money(0)})[1]

    status, collection = call_api(
        BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(100), "method": "cash"}
    )

    assert (status, collection["till"]) == (201, bag["till"])
    card = call_api(BUDI, "GET", "/customers/cus_1")[1]
    assert (card["owed"], card["credit_left"], card["overdue_days"]) == (money(200), money(800), 52)
    assert call_api(MAYA, "GET", "/receivables")[1]["items"] == card["receivables"]
    received = call_api(MAYA, "POST", f"/shifts/{bag['id']}/handover", {})
    assert (received[0], received[1]["amount"]) == (201, money(100))


def test_receivables_are_listed_in_pages(call_api):
    a_customer()
    for number in range(3):
        sell_on_credit(f"pay_{number}", 10, date(2026, 10, 1 + number))

    first = call_api(MAYA, "GET", "/receivables?limit=2")[1]
    rest = call_api(MAYA, "GET", f"/receivables?limit=2&cursor={first['next']}")[1]

    assert [receivable["id"] for receivable in first["items"] + rest["items"]] == ["rcv_0", "rcv_1", "rcv_2"]
    assert rest["next"] is None
    assert call_api(MAYA, "GET", "/receivables?cursor=forged")[0] == 422


REFUSAL_CASES = [
    ((None, "POST", "/shifts", {"opening": money(0)}), 401, "not_signed_in"),
    ((MAYA, "POST", "/shifts", {"opening": money(0)}), 403, "forbidden"),
    ((SINTA, "POST", "/shifts", {"opening": money(-1)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(1.5)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(True)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(1, "USD")}), 422, "wrong_currency"),
    ((MAYA, "POST", "/collections", {"customer": "cus_1", "amount": money(1, "USD")}), 422, "wrong_currency"),
    ((SINTA, "POST", "/shifts", {"opening": money(0), "cash_in": 5}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(0), "till": "cod:agus"}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", []), 422, "invalid"),
    ((SINTA, "GET", "/shifts/shf_unknown", None), 404, "not_found"),
    ((AGUS, "GET", "/reports/ledger?day=2026-11-22", None), 403, "forbidden"),
    ((RATNA, "GET", "/reports/ledger?day=yesterday", None), 422, "invalid"),
    ((MAYA, "POST", "/collections", {"customer": "cus_1", "amount": money(0)}), 422, "invalid"),
    ((MAYA, "POST", "/collections", {"customer": "cus_x", "amount": money(1), "method": "qris"}), 422, "invalid"),
    ((SINTA, "POST", "/collections", {"customer": "cus_1", "amount": money(1)}), 409, "no_open_shift"),
    ((BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(1)}), 404, "not_found"),
    ((None, "GET", "/customers/cus_1", None), 401, "not_signed_in"),
    ((None, "GET", "/receivables", None), 401, "not_signed_in"),
]


@pytest.mark.parametrize("request_args, status, code", REFUSAL_CASES)
def test_a_refusal_states_its_code(call_api, request_args, status, code):
    response = call_api(*request_args)

    assert (response[0], response[1]["code"]) == (status, code)


def test_the_days_ledger_is_for_owner_and_finance(call_api):
    assert call_api(MAYA, "GET", "/reports/ledger?day=2026-11-22") == (
        *(200,),
        {"day": "2026-11-22", "items": [], "totals": {}, "matched": True, "unmatched": []},
    )


def test_only_its_cashier_reads_a_shifts_receipts(call_api):
    a_customer()
    assign_to_budi("cus_1")
    sell_on_credit("pay_a", 300, date(2026, 10, 1))
    bag = call_api(BUDI, "POST", "/shifts", {"opening": money(0)})[1]
    collection = call_api(BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(100), "method": "cash"})[
        1
    ]
    [entry] = list_messages(f"collection#{collection['id']}")
    update_ledger(entry)

    [receipt] = call_api(BUDI, "GET", "/shifts/mine/receipts")[1]["items"]

    assert receipt == {
        "at": "2026-11-22T05:00:00.000Z",
        "kind": "collected",
        "method": "cash",
        "amount": money(100),
        "till": bag["till"],
        "shift": bag["id"],
        "order_id": "ord_of_pay_a",
        "payment_id": "pay_a",
        "customer_id": "cus_1",
        "actor": BUDI.id,
    }
    assert call_api(SINTA, "GET", f"/shifts/{bag['id']}/receipts")[0] == 404

import json
from datetime import date

import pytest
from chalice.test import Client

from app import app
from chalicelib.kit import auth
from chalicelib.payments.book import book
from tests.payments.build import AGUS, BUDI, MAYA, NOON, RATNA, SINTA, a_customer, it_is, sold_on_credit, told

client = Client(app)


def money(amount, currency="IDR"):
    return {"amount": amount, "currency": currency}


@pytest.fixture
def ask(aws, trusted_tokens):
    it_is(NOON)
    keys = iter(range(1000))

    def request(who, method, path, body=None, key=None):
        headers = {"Idempotency-Key": key or f"a-key-of-this-test-{next(keys)}"}
        if who:
            headers["Authorization"] = f"Bearer {auth.staff_token(who.id, who.role)}"
        sent = json.dumps(body).encode() if body is not None else b""
        answer = client.http.request(method, path, headers=headers, body=sent)
        return answer.status_code, answer.json_body

    return request


def test_a_cashiers_day_at_the_doors(ask):
    status, opened = ask(SINTA, "POST", "/shifts", {"till": "till-1", "opening": money(500)})
    assert (status, opened["status"]) == (201, "open")
    assert ask(SINTA, "GET", "/shifts/mine")[1] == opened

    status, counted = ask(SINTA, "POST", f"/shifts/{opened['id']}/count", {"counted": money(490)})
    assert (status, counted["variance"]) == (200, money(-10))

    status, closed = ask(SINTA, "POST", f"/shifts/{opened['id']}/close", {"reason": "lost"})
    assert (status, closed["status"], closed["reason"]) == (200, "closed", "lost")
    assert ask(RATNA, "GET", f"/shifts/{opened['id']}")[1] == closed


def test_a_shift_repeated_under_its_key_answers_the_same(ask):
    said = {"opening": money(0)}

    first = ask(SINTA, "POST", "/shifts", said, key="the-very-same-key-1")
    again = ask(SINTA, "POST", "/shifts", said, key="the-very-same-key-1")

    assert (first[0], again) == (201, (200, first[1]))


def test_a_visit_collects_and_the_card_shows_it_at_once(ask):
    a_customer(limit=1000)
    sold_on_credit("pay_a", 300, date(2026, 10, 1))
    bag = ask(BUDI, "POST", "/shifts", {"opening": money(0)})[1]

    status, said = ask(BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(100), "method": "cash"})

    assert (status, said["till"]) == (201, bag["till"])
    card = ask(BUDI, "GET", "/customers/cus_1")[1]
    assert (card["owed"], card["credit_left"], card["overdue_days"]) == (money(200), money(800), 52)
    assert ask(MAYA, "GET", "/receivables")[1]["items"] == card["receivables"]
    received = ask(MAYA, "POST", f"/shifts/{bag['id']}/handover", {})
    assert (received[0], received[1]["amount"]) == (201, money(100))


def test_who_owes_is_listed_page_by_page(ask):
    a_customer()
    for number in range(3):
        sold_on_credit(f"pay_{number}", 10, date(2026, 10, 1 + number))

    first = ask(MAYA, "GET", "/receivables?limit=2")[1]
    rest = ask(MAYA, "GET", f"/receivables?limit=2&cursor={first['next']}")[1]

    assert [each["id"] for each in first["items"] + rest["items"]] == ["rcv_0", "rcv_1", "rcv_2"]
    assert rest["next"] is None
    assert ask(MAYA, "GET", "/receivables?cursor=forged")[0] == 422


REFUSED = [
    ((None, "POST", "/shifts", {"opening": money(0)}), 401, "not_signed_in"),
    ((MAYA, "POST", "/shifts", {"opening": money(0)}), 403, "forbidden"),
    ((SINTA, "POST", "/shifts", {"opening": money(-1)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(1.5)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(True)}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(1, "USD")}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(0), "cash_in": 5}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", {"opening": money(0), "till": "cod:agus"}), 422, "invalid"),
    ((SINTA, "POST", "/shifts", []), 422, "invalid"),
    ((SINTA, "GET", "/shifts/shf_unknown", None), 404, "not_found"),
    ((AGUS, "GET", "/reports/ledger?day=2026-11-22", None), 403, "forbidden"),
    ((RATNA, "GET", "/reports/ledger?day=yesterday", None), 422, "invalid"),
    ((MAYA, "POST", "/collections", {"customer": "cus_1", "amount": money(0)}), 422, "invalid"),
    ((MAYA, "POST", "/collections", {"customer": "cus_x", "amount": money(1), "method": "qris"}), 422, "invalid"),
    ((BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(1)}), 409, "no_open_shift"),
    ((None, "GET", "/customers/cus_1", None), 401, "not_signed_in"),
    ((None, "GET", "/receivables", None), 401, "not_signed_in"),
]


@pytest.mark.parametrize("sent, status, code", REFUSED)
def test_what_is_refused_says_why(ask, sent, status, code):
    said = ask(*sent)

    assert (said[0], said[1]["code"]) == (status, code)


def test_the_days_ledger_is_for_owner_and_finance(ask):
    assert ask(MAYA, "GET", "/reports/ledger?day=2026-11-22") == (
        *(200,),
        {"day": "2026-11-22", "items": [], "totals": {}, "matched": True, "unmatched": []},
    )


def test_a_shifts_receipts_are_read_by_its_cashier_and_no_other(ask):
    a_customer()
    sold_on_credit("pay_a", 300, date(2026, 10, 1))
    bag = ask(BUDI, "POST", "/shifts", {"opening": money(0)})[1]
    said = ask(BUDI, "POST", "/collections", {"customer": "cus_1", "amount": money(100), "method": "cash"})[1]
    [entry] = told(f"collection#{said['id']}")
    book(entry)

    [receipt] = ask(BUDI, "GET", "/shifts/mine/receipts")[1]["items"]

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
    assert ask(SINTA, "GET", f"/shifts/{bag['id']}/receipts")[0] == 404

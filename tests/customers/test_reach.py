"""Which customers, debts and orders of customers a salesman reaches through the endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.kit import journal
from tests.client import call
from tests.shop import CUP, TEAPOT, a_credit_customer, add_stock, an_order, open_shop, token

CREDIT = [{"method": "credit"}]
SHIP = {"method": "ship"}
RATNA, BUDI, DEWI, LIA, SINTA = "owner-ratna", "salesman-budi", "salesman-dewi", "agent-lia", "cashier-sinta"
PHONE = "+6281252981234"


def place(by: str, key: str = "a-key-of-16-chars", **fields: Any) -> Any:
    return call("POST", "/api/orders", an_order((TEAPOT, 1), **fields), key=key, token=token(by))


def get(path: str, by: str, **query: Any) -> Any:
    return call("GET", f"/api{path}", query=query, token=token(by))


def assign(customer: str, salesman: str = BUDI) -> None:
    assert call("PUT", f"/api/customers/{customer}/salesmen/{salesman}", token=token(RATNA)).status == 200


@pytest.fixture
def customer(aws: Any) -> str:
    """A customer with credit who owes for one teapot that an agent sold."""
    open_shop(TEAPOT=9)
    customer = a_credit_customer(5_000_000, phone=PHONE)
    assert place(LIA, key="an-agents-key-16-chars", channel="phone", customer={"id": customer}, payments=CREDIT).json
    return customer


def test_a_salesman_reads_and_collects_from_the_customers_assigned_to_them(customer: str) -> None:
    assign(customer)
    payment = {"customer": customer, "amount": {"amount": 1_000, "currency": "IDR"}, "method": "cash"}

    for by, card, listed, debts in ((BUDI, 200, 1, 1), (DEWI, 404, 0, 0), (LIA, 200, 1, 1)):
        assert get(f"/customers/{customer}", by).status == card
        for query in ({"phone": PHONE}, {"q": "makmur"}):
            page = get("/customers", by, **query).json
            assert (len(page["items"]), page["next"]) == (listed, None), by
        page = get("/receivables", by).json
        assert (len(page["items"]), page["next"]) == (debts, None), by
        assert get("/receivables", by, customer=customer).status == card

    collected = call("POST", "/api/collections", payment, key="a-key-of-16-chars", token=token(DEWI))
    assert (collected.status, collected.json["code"]) == (404, "not_found")


def test_a_salesman_reaches_the_orders_of_their_customers(customer: str) -> None:
    assign(customer)

    assert [len(get("/orders", by).json["items"]) for by in (BUDI, DEWI)] == [1, 0]
    order = get("/orders", BUDI).json["items"][0]["id"]
    assert [get(f"/orders/{order}", by).status for by in (BUDI, DEWI)] == [200, 404]


def test_a_salesman_orders_on_credit_for_their_own_customers_only(customer: str) -> None:
    assign(customer)
    body = {"channel": "sfa", "customer": {"id": customer}, "delivery": SHIP, "payments": CREDIT}

    stranger = place(DEWI, **body)
    own = place(BUDI, key="another-key-of-16-chars", **body)

    assert (stranger.status, own.status) == (404, 201)


def test_a_phone_number_gives_a_salesman_neither_credit_nor_the_card_of_another_customer(customer: str) -> None:
    by_phone = {"channel": "sfa", "customer": {"name": "Makmur", "phone": PHONE}}

    on_credit = place(DEWI, **by_phone, payments=CREDIT)
    on_delivery = place(DEWI, key="another-key-of-16-chars", **by_phone)

    assert (on_credit.status, on_credit.json["code"]) == (402, "no_credit_terms")
    assert on_delivery.status == 201
    assert on_delivery.json["delivery"]["address"]["street"] == "Jl. Kenanga 5"
    assert get(f"/customers/{customer}", DEWI).status == 404


def test_a_salesman_reads_the_customers_they_register_bring_and_hand_goods_to(customer: str) -> None:
    add_stock(CUP, "van-dewi", 3)
    opening = {"opening": {"amount": 0, "currency": "IDR"}}
    assert call("POST", "/api/shifts", opening, key="a-shift-key-16-chars", token=token(DEWI)).status == 201
    new = {"name": "Warung Bu Tini", "phone": "081252981299"}
    sale = {
        "lines": [{"sku": CUP, "quantity": 1}],
        "delivery": {"method": "handover"},
        "payments": [{"method": "cash"}],
    }

    registered = call("POST", "/api/customers", new, key="a-customer-key-16", token=token(DEWI)).json["id"]
    brought = place(DEWI, channel="sfa", customer={"name": "Ani", "phone": "081252981277"}).json["customer_id"]
    sold = place(DEWI, key="a-sale-key-of-16-c", channel="sfa", customer={"name": "M", "phone": PHONE}, **sale)

    assert sold.status == 201, sold.text
    assert sold.json["customer_id"] == customer
    assert [get(f"/customers/{name}", DEWI).status for name in (registered, brought, customer)] == [200, 200, 200]
    assert [get(f"/customers/{name}", BUDI).status for name in (registered, brought, customer)] == [404, 404, 404]


def test_a_customer_taken_from_a_salesman_is_no_longer_theirs_and_the_journal_names_who_took_it(customer: str) -> None:
    assign(customer)
    path = f"/api/customers/{customer}/salesmen/{BUDI}"

    assert call("DELETE", path, token=token(BUDI)).status == 403
    taken = [call("DELETE", path, token=token(RATNA)) for _ in range(2)]

    assert [(answer.status, answer.json["assigned"]) for answer in taken] == [(200, False)] * 2
    assert get(f"/customers/{customer}", BUDI).status == 404
    assert get("/receivables", BUDI).json["items"] == []
    entries = journal.history(f"customer#{customer}")
    assert [(entry.kind, entry.actor) for entry in entries][-2:] == [
        ("SalesmanAssigned", RATNA),
        ("SalesmanUnassigned", RATNA),
    ]


@pytest.mark.parametrize("staff", ["unknown-id", SINTA])
def test_a_customer_is_assigned_only_to_a_salesman(customer: str, staff: str) -> None:
    refused = call("PUT", f"/api/customers/{customer}/salesmen/{staff}", token=token(RATNA))

    assert (refused.status, refused.json["code"]) == (422, "not_a_salesman")
    assert staff in refused.json["detail"]

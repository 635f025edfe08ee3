"""Finding orders through the public endpoint."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.catalog.model import Product
from chalicelib.catalog.save import save_product
from chalicelib.customers import find as customers
from chalicelib.kit import clock
from chalicelib.kit.money import Money
from chalicelib.orders import search, search_index
from chalicelib.places.find import business_day
from chalicelib.pricing.save import save_price
from tests.client import call
from tests.moto_aws import restore_or_build
from tests.shop import CUP, a_credit_customer, add_stock, an_order, open_shop, token

OWNER = "owner-ratna"
Drain = Callable[[], int]


def find(by: str = OWNER, **query: Any) -> list[str]:
    """Return the names of the customers of the orders that a query finds, newest first."""
    answer = call("GET", "/api/orders", query=query, token=token(by))
    assert answer.status == 200, answer.text
    return [name_of(item["id"]) for item in answer.json["items"]]


def name_of(order_id: str) -> str:
    return call("GET", f"/api/orders/{order_id}", token=token(OWNER)).json["customer"]["name"]


def place(name: str, phone: str = "081252981234", **fields: Any) -> dict[str, Any]:
    body = an_order((CUP, 1), **{"customer": {"name": name, "phone": phone}} | fields)
    by = {"token": token(OWNER)} if fields else {}
    answer = call("POST", "/api/orders", body, key=name.encode().hex() + phone, **by)
    assert answer.status == 201, answer.text
    return answer.json


PLACED: dict[str, dict[str, Any]] = {}  # the orders in the saved tables, by the name of their customer


@pytest.fixture
def orders(aws: Any, drain: Drain) -> dict[str, dict[str, Any]]:
    """Orders of two shoppers and of one marketplace customer, placed once per process."""

    def place_orders() -> None:
        open_shop(CUP=50)
        PLACED["Sari D’Café"] = place("Sari D’Café", "081252981234")
        PLACED["Budi"] = place("Budi", "081252985678")
        PLACED["Tini"] = place("Tini", "081252987777", channel="marketplace", ref="TKP/2026/0042")
        drain()

    restore_or_build("orders to search", place_orders)
    return PLACED


def test_an_order_is_found_by_its_number_in_any_writing(orders: dict[str, dict[str, Any]]) -> None:
    number = orders["Budi"]["number"]
    plain = number.replace("-", "")

    for text in (number, number.lower(), plain, plain[2:].lower(), f" {number[:5]} {number[5:]} "):
        assert find(number=text) == find(q=text) == ["Budi"], text


def test_an_order_is_found_by_phone_name_and_reference(orders: dict[str, dict[str, Any]]) -> None:
    for text in ("0812-5298-1234", "+62 812 5298 1234", "62812 52981234"):
        assert find(phone=text) == find(q=text) == ["Sari D’Café"], text
    for text in ("d'cafe", "SARI", "sari dcaf", "D’CAFÉ"):
        assert find(q=text) == ["Sari D’Café"], text
    for text in ("TKP/2026/0042", "tkp 0042", "0042"):
        assert find(q=text) == ["Tini"], text


def test_all_filters_combine(orders: dict[str, dict[str, Any]]) -> None:
    today = business_day("", clock.now()).isoformat()
    customer = call("GET", f"/api/orders/{orders['Budi']['id']}", token=token(OWNER)).json["customer_id"]
    call("POST", f"/api/orders/{orders['Budi']['id']}/cancel", {"reason": "changed"}, token=token(OWNER))

    assert find(customer=customer, channel="web", status="cancelled") == ["Budi"]
    assert find(customer=customer, channel="marketplace") == []
    assert find(customer=customer, day="2020-01-01") == []
    assert find(customer=customer, q="sari") == []
    assert find(day=today, channel="marketplace", payment_status="unpaid") == ["Tini"]
    assert find(day=today, channel="web", status="placed") == ["Sari D’Café"]
    assert find(phone="081252985678", status="placed") == []


def test_q_and_a_named_field_combine_too(orders: dict[str, dict[str, Any]]) -> None:
    number, phone = {name: order["number"] for name, order in orders.items()}, "0812-5298-5678"

    assert find(q=number["Budi"], number=number["Budi"]) == find(q=number["Budi"], phone=phone) == ["Budi"]
    assert find(q=number["Budi"], number=number["Tini"]) == []
    assert find(q=phone, phone="+6281252985678") == find(q="budi", phone=phone) == ["Budi"]
    assert find(q=phone, phone="081252987777") == []
    assert find(q="tini", number=number["Budi"]) == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_search_on_the_first_or_last_day_of_the_calendar_finds_nothing(aws: Any, day: str) -> None:
    open_shop()
    customer = a_credit_customer(0)

    assert find(q="Guest", day=day) == find(customer=customer, day=day) == find(day=day) == []


def test_what_cannot_be_searched_for_is_refused_by_name(orders: dict[str, dict[str, Any]]) -> None:
    unknown = ({"payment_status": "gold"}, {"location": "nowhere"}, {"customer": "cus_none"})
    for query in ({"number": "SK-94STZP-2"}, {"phone": "0812O"}, {"q": "?!"}, *unknown):
        answer = call("GET", "/api/orders", query=query, token=token(OWNER))

        assert (answer.status, answer.json["errors"][0]["field"]) == (422, next(iter(query)))


def test_the_orders_of_a_store_include_those_that_are_picked_up_there(aws: Any) -> None:
    open_shop(CUP=9)
    add_stock(CUP, "store-tunjungan", 9)
    place("Shipped", channel="phone")
    place("Collected", channel="phone", delivery={"method": "pickup", "location": "store-tunjungan"})

    assert find(location="store-tunjungan") == ["Collected"]


@pytest.mark.parametrize(("field", "text"), [("phone", "12"), ("phone", "0812O"), ("email", "sari@")])
def test_customers_are_not_searched_by_what_is_no_phone_or_email(aws: Any, field: str, text: str) -> None:
    open_shop()

    answer = call("GET", "/api/customers", query={field: text}, token=token(OWNER))

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


def test_no_page_is_empty_and_has_a_next_one(
    orders: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "READ_SIZE", 2)
    for number in range(5):
        place(f"Agus {number}", f"08125298{number:04}")

    pages = read_pages(channel="", status="placed", limit=3)

    assert [len(page) for page in pages] == [3, 3, 2]
    assert read_pages(status="cancelled", limit=3) == [[]]
    assert len({order_id for page in pages for order_id in page}) == 8


def test_a_list_of_orders_that_did_not_change_is_answered_with_304(orders: dict[str, dict[str, Any]]) -> None:
    first = call("GET", "/api/orders", query={"limit": 2}, token=token(OWNER))
    current = {"If-None-Match": first.headers["ETag"]}

    same = call("GET", "/api/orders", query={"limit": 2}, headers=current, token=token(OWNER))
    newest = place("Agus", "081252980000")
    changed = call("GET", "/api/orders", query={"limit": 2}, headers=current, token=token(OWNER))

    assert (same.status, same.body) == (304, first.body[:0])
    assert (changed.status, changed.json["items"][0]["id"]) == (200, newest["id"])


def test_a_search_that_would_read_too_much_is_refused(
    orders: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "READ_SIZE", 1)
    monkeypatch.setattr(search, "MAX_ORDERS_READ", 2)

    answer = call("GET", "/api/orders", query={"status": "cancelled"}, token=token(OWNER))

    assert (answer.status, answer.json["code"]) == (422, "search_too_broad")


def read_pages(path: str = "/api/orders", **query: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    while True:
        page = call("GET", path, query=query, token=token(OWNER)).json
        pages.append([item["id"] for item in page["items"]])
        if page["next"] is None:
            return pages
        query["cursor"] = page["next"]


def test_the_terms_of_an_order_are_few_and_name_no_address(orders: dict[str, dict[str, Any]]) -> None:
    order = search_index.find_order(orders["Tini"]["id"])

    terms = search_index.list_terms(order)

    assert terms[1:] == ["phone#+6281252987777", "word#tin", "word#tkp", "word#202", "word#004"]


def test_the_day_of_a_search_includes_every_time_zone() -> None:
    day = clock.now().date()

    first, last = search.day_span(day)

    assert (first, last) == ((day - timedelta(days=1)).isoformat(), (day + timedelta(days=2)).isoformat())


def test_customers_are_found_by_words_of_their_name(aws: Any) -> None:
    open_shop()
    body = {"name": "Bu Tini", "company": "Café D’Orient", "phone": "081252981234"}
    call("POST", "/api/customers", body, token=token(OWNER), key="register-tini-0001")

    found = [call("GET", "/api/customers", query={"q": q}, token=token(OWNER)).json for q in ("cafe d'or", "tini", "x")]

    assert [[item["name"] for item in answer["items"]] for answer in found] == [["Bu Tini"], ["Bu Tini"], []]


def test_products_are_found_without_accents_and_with_any_quotation_mark(aws: Any) -> None:
    open_shop()
    save_product(Product("CREPE", "Crêpe Café D’Orient", "Kopi", "IDR"), "test")
    save_price("CREPE", Money(9_000, "IDR"), (), "test")

    for q in ("cafe", "CAFÉ", "d'orient", "d’orient", "crepe dorient"):
        items = call("GET", "/api/catalog/products", query={"q": q}, token=token(OWNER)).json["items"]
        assert [item["sku"] for item in items] == ["CREPE"], q


def test_customers_of_one_name_are_listed_in_pages_and_no_empty_page_has_a_next_one(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "WORD_PAGE_SIZE", 3)
    open_shop()
    for number in range(5):
        body = {"name": f"Tini {number}", "phone": f"08125298{number:04}"}
        call("POST", "/api/customers", body, token=token(OWNER), key=f"register-tini-000{number}")

    pages = read_pages("/api/customers", q="tini", limit=2)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({customer_id for page in pages for customer_id in page}) == 5
    assert read_pages("/api/customers", q="tinus") == [[]]

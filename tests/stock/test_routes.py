"""The endpoints of stock, called over HTTP."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.catalog.model import Channel
from chalicelib.catalog.save import configure_channel
from chalicelib.kit import clock
from chalicelib.kit.events import NewerVersion
from chalicelib.kit.journal import EntryRow, history
from chalicelib.stock.events import project_stock_history
from chalicelib.stock.history import project_history
from chalicelib.stock.save import TargetLevel, save_levels
from tests.client import call
from tests.shop import CUP, RARE, TEAPOT, add_stock, advance_clock, an_order, open_shop, principal_of, token
from tests.stock.build import (
    NOON,
    STORE,
    VAN,
    WAREHOUSE,
    a_hold,
    a_level,
    load_level,
    load_stored_available,
    store_holds,
)

pytestmark = pytest.mark.usefixtures("aws")
KEY = "a-key-of-sixteen-or-more"
A_RECEIPT = {"kind": "receive", "location": WAREHOUSE, "reason": "delivery", "lines": [{"sku": "CUP", "quantity": 3}]}


def request(method: str, path: str, body: Any = None, by: str = "", key: str = KEY, **kwargs: Any) -> tuple[int, Any]:
    answer = call(method, path, body, token=token(by) if by else "", key=key if method == "POST" else "", **kwargs)
    return answer.status, answer.json


def get_availability(sku: str, by: str = "", **query: str) -> Any:
    return request("GET", "/api/stock", by=by, query={"sku": sku, **query})[1]["items"][0]


def test_everyone_sees_what_warehouses_and_stores_can_sell_and_staff_also_vans():
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, STORE, 2)
    add_stock(TEAPOT, VAN, 3)

    assert get_availability(TEAPOT) == {
        "sku": TEAPOT,
        "available": 7,
        "locations": [
            {"location": STORE, "kind": "store", "available": 2},
            {"location": WAREHOUSE, "kind": "warehouse", "available": 5},
        ],
    }
    assert get_availability(TEAPOT, by="agent-lia")["available"] == 10
    assert get_availability("NO-SUCH") == {"sku": "NO-SUCH", "available": 0, "locations": []}


def test_near_sorts_locations_by_distance():
    open_shop(TEAPOT=5)
    add_stock(TEAPOT, "wh-sidoarjo", 2)

    locations = get_availability(TEAPOT, near="-7.45,112.71")["locations"]

    assert [(item["location"], item["distance_meters"] < 1000) for item in locations] == [
        ("wh-sidoarjo", True),
        (WAREHOUSE, False),
    ]


def test_the_web_does_not_sell_safety_units_and_the_store_itself_does():
    open_shop()
    save_levels(principal_of("owner-ratna"), STORE, [TargetLevel(TEAPOT, 5, safety=2)])

    assert get_availability(TEAPOT)["available"] == 3
    assert get_availability(TEAPOT, by="agent-lia")["available"] == 3
    assert get_availability(TEAPOT, by="cashier-sinta")["available"] == 5

    configure_channel(Channel("web", safety_units=1), "test")

    assert get_availability(TEAPOT)["available"] == 2


def test_a_lapsed_hold_no_longer_reduces_the_available_units():
    open_shop(TEAPOT=5)
    clock.source = lambda: NOON
    store_holds(a_hold(2, "ord_1", minutes_left=5))

    before = get_availability(TEAPOT)["available"]
    clock.source = lambda: NOON + timedelta(minutes=5)

    assert (before, get_availability(TEAPOT)["available"]) == (3, 5)


def test_both_lists_have_the_same_available_units_after_a_hold_lapsed():
    open_shop(TEAPOT=5)
    save_levels(principal_of("owner-ratna"), WAREHOUSE, [TargetLevel(TEAPOT, on_hand=5, safety=1)])
    transfer = an_order((TEAPOT, 3), payments=[{"method": "transfer"}])
    assert request("POST", "/api/orders", transfer)[0] == 201
    assert read_both("warehouse-joko") == read_both("agent-lia", safety=1) == (5, 3, 2)

    advance_clock(minutes=24 * 60 + 1)

    assert read_both("warehouse-joko") == read_both("agent-lia", safety=1) == (5, 0, 5)


def read_both(by: str, safety: int = 0) -> tuple[int, int, int]:
    """Return on_hand, reserved, and the units that both lists call available, with the safety units."""
    [item] = request("GET", f"/api/stock/locations/{WAREHOUSE}", by=by)[1]["items"]
    [elsewhere] = get_availability(TEAPOT, by)["locations"]
    assert item["available"] == elsewhere["available"]
    return item["on_hand"], item["reserved"], item["available"] + safety


def test_a_request_with_the_current_etag_gets_304():
    open_shop(TEAPOT=5)

    first = call("GET", "/api/stock?sku=TEAPOT")
    tag = {name.lower(): text for name, text in first.headers.items()}["etag"]
    same = call("GET", "/api/stock?sku=TEAPOT", headers={"if-none-match": tag})
    add_stock(TEAPOT, WAREHOUSE, 1)
    other = call("GET", "/api/stock?sku=TEAPOT", headers={"if-none-match": tag})

    assert (first.status, same.status, same.body, other.status) == (200, 304, b"", 200)


@pytest.mark.parametrize("query", [{}, {"sku": ","}, {"sku": "A", "near": "x"}, {"sku": "A", "near": "91,0"}])
@pytest.mark.parametrize("common", [{}, {"near": "nan,0"}])
def test_an_invalid_query_is_refused(query, common):
    open_shop()

    status, problem = (
        request("GET", "/api/stock", query=common | query) if query != {} else request("GET", "/api/stock")
    )

    assert (status, problem["code"]) == (422, "invalid")


def test_the_same_receipt_sent_twice_is_applied_once():
    open_shop(CUP=1)

    first = request("POST", "/api/stock/movements", A_RECEIPT, by="warehouse-joko")
    repeat = request("POST", "/api/stock/movements", A_RECEIPT, by="warehouse-joko")
    other = request("POST", "/api/stock/movements", A_RECEIPT | {"reason": "another"}, by="warehouse-joko")

    assert (first[0], repeat[0], other[0]) == (201, 200, 422)
    assert repeat[1] == first[1]
    assert load_level(CUP) == a_level(CUP, on_hand=4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lines": []},
        {"lines": [{"sku": CUP, "quantity": 0}]},
        {"lines": [{"sku": CUP, "quantity": -1}]},
        {"lines": [{"sku": CUP, "quantity": 1.5}]},
        {"lines": [{"sku": CUP, "quantity": True}]},
        {"lines": [{"sku": CUP, "quantity": 10**7}]},
        {"lines": [{"sku": CUP, "quantity": "1"}]},
        {"reason": "  "},
        {"kind": "steal"},
        {"location": "wh-atlantis"},
        {"lines": [{"sku": "NO-SUCH", "quantity": 1}]},
        {"surprise": 1},
    ],
)
def test_an_invalid_movement_is_refused_and_nothing_moves(wrong):
    open_shop(CUP=1)

    status, problem = request("POST", "/api/stock/movements", A_RECEIPT | wrong, by="owner-ratna")

    assert status == 422, problem
    assert load_level(CUP) == a_level(CUP, on_hand=1)


def test_only_the_staff_of_a_location_change_its_stock():
    open_shop(CUP=1)

    answers = [
        request("POST", "/api/stock/movements", A_RECEIPT, by=by) for by in ("", "cashier-sinta", "salesman-budi")
    ]

    assert [(status, problem["code"]) for status, problem in answers] == [
        (401, "not_signed_in"),
        (403, "not_your_location"),
        (403, "forbidden"),
    ]
    assert load_level(CUP) == a_level(CUP, on_hand=1)


def test_a_van_is_loaded_over_http():
    open_shop(TEAPOT=9)
    transfer = {"source": WAREHOUSE, "destination": VAN, "lines": [{"sku": TEAPOT, "quantity": 2}] * 2}

    status, sent = request("POST", "/api/stock/transfers", transfer, by="warehouse-joko")
    path = f"/api/stock/transfers/{sent['id']}"
    inbound = request("GET", "/api/stock/transfers", by="salesman-budi", query={"location": VAN})[1]
    part = request("POST", f"{path}/receive", {"lines": [{"sku": TEAPOT, "quantity": 1}]}, by="salesman-budi")
    rest = request("POST", f"{path}/receive", {}, by="salesman-budi", key=KEY + "-2")
    late = request("POST", f"{path}/cancel", {"reason": "rain"}, by="warehouse-joko")

    assert (status, sent["lines"]) == (201, [{"sku": TEAPOT, "sent": 4, "received": 0}])
    assert inbound["items"] == [sent]
    assert [(status, body.get("status")) for status, body in (part, rest)] == [
        (200, "partially_received"),
        (200, "received"),
    ]
    assert (late[0], late[1]["code"]) == (409, "transfer_closed")
    assert (load_level(TEAPOT).on_hand, load_level(TEAPOT, VAN).on_hand) == (5, 4)


def test_a_count_and_a_resharding_over_http():
    open_shop(TEAPOT=9)
    counted = {"location": WAREHOUSE, "lines": [{"sku": TEAPOT, "counted": 8}]}

    status, answer = request("POST", "/api/stock/counts", counted, by="warehouse-joko")
    twice = counted | {"lines": counted["lines"] * 2}
    resharding = {"location": WAREHOUSE, "sku": TEAPOT, "shelves": 4}

    assert (status, answer["counted"][0]["variance"]) == (201, -1)
    assert request("POST", "/api/stock/counts", twice, by="warehouse-joko", key=KEY + "2")[0] == 422
    assert request("POST", "/api/stock/shelves", resharding, by="warehouse-joko")[0] == 201
    assert (
        request("POST", "/api/stock/shelves", resharding | {"sku": RARE}, by="owner-ratna")[1]["code"] == "not_stocked"
    )
    assert load_stored_available(TEAPOT, shard=3) == 2
    assert get_availability(TEAPOT)["available"] == 8


def test_the_levels_of_a_location_are_listed_in_pages_with_shards_added_up():
    open_shop(TEAPOT=9, CUP=2)
    resharding = {"location": WAREHOUSE, "sku": TEAPOT, "shelves": 2}
    request("POST", "/api/stock/shelves", resharding, by="warehouse-joko")
    path = f"/api/stock/locations/{WAREHOUSE}"

    first = request("GET", path, by="salesman-budi", query={"limit": 1})[1]
    second = request("GET", path, by="salesman-budi", query={"limit": 1, "cursor": first["next"]})[1]

    zeros = {"reserved": 0, "allocated": 0, "display": 0, "safety": 0}
    assert first["items"] == [{"sku": CUP, "on_hand": 2, "available": 2, "shelves": 1} | zeros]
    assert second["items"] == [{"sku": TEAPOT, "on_hand": 9, "available": 9, "shelves": 2} | zeros]
    assert request("GET", "/api/stock/locations/wh-atlantis", by="salesman-budi")[0] == 404
    assert request("GET", path)[0] == 401


def test_history_lists_event_actor_and_reason_newest_first_after_repeated_projection():
    open_shop()
    receipt = request("POST", "/api/stock/movements", A_RECEIPT, by="warehouse-joko")[1]
    clock.source = lambda: NOON + timedelta(days=36500)
    counted = {"location": WAREHOUSE, "lines": [{"sku": CUP, "counted": 1}], "reason": "month end"}
    count = request("POST", "/api/stock/counts", counted, by="owner-ratna")[1]
    entries = [entry for answer in (count, receipt) for entry in history(f"stock#{answer['id']}")]

    project_history(entries)
    project_history(reversed(entries))

    query = {"sku": CUP, "location": WAREHOUSE, "limit": 1}
    newest = request("GET", "/api/stock/history", by="finance-maya", query=query)[1]
    oldest = request("GET", "/api/stock/history", by="finance-maya", query=query | {"cursor": newest["next"]})[1]
    assert [
        {name: item[name] for name in ("event", "actor", "reason", "subject", "movements")}
        for item in (*newest["items"], *oldest["items"])
    ] == [
        {
            "event": "StockCounted",
            "actor": "owner-ratna",
            "reason": "month end",
            "subject": f"stock#{count['id']}",
            "movements": [{"kind": "adjusted", "on_hand": -2}],
        },
        {
            "event": "StockReceived",
            "actor": "warehouse-joko",
            "reason": "delivery",
            "subject": f"stock#{receipt['id']}",
            "movements": [{"kind": "received", "on_hand": 3}],
        },
    ]


def test_history_refuses_an_entry_of_a_newer_schema_version():
    open_shop()
    receipt = request("POST", "/api/stock/movements", A_RECEIPT, by="warehouse-joko")[1]
    [entry] = history(f"stock#{receipt['id']}")
    entry.schema_version = 2

    with pytest.raises(NewerVersion, match="StockReceived has version 2"):
        project_history([entry])

    query = {"sku": CUP, "location": WAREHOUSE}
    assert request("GET", "/api/stock/history", by="agent-lia", query=query)[1]["items"] == []


def test_records_of_the_stream_are_projected_into_the_history():
    open_shop()
    receipt = request("POST", "/api/stock/movements", A_RECEIPT, by="warehouse-joko")[1]
    [entry] = history(f"stock#{receipt['id']}")
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": entry.to_dynamodb_dict()}},
        {"eventName": "REMOVE", "dynamodb": {"OldImage": {}}},
    ]

    project_stock_history({"Records": records}, SimpleNamespace(aws_request_id="invocation-1"))

    page = request("GET", "/api/stock/history", by="agent-lia", query={"sku": CUP, "location": WAREHOUSE})[1]
    assert [item["event"] for item in page["items"]] == ["StockReceived"]
    assert isinstance(entry, EntryRow)


@pytest.mark.parametrize("sku", ["\x00", "💡", "a@b#0", "../x", "%"])
def test_any_text_is_accepted_as_a_sku(sku):
    open_shop()

    assert get_availability(sku) == {"sku": sku, "available": 0, "locations": []}

"""One request id goes with an order from the API call through the stream to the topic handlers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.kit import journal, web
from tests.client import call, gateway
from tests.shop import TEAPOT, an_order, open_shop

UUID = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    gateway()  # creating the app sets the level of the logger
    logger, lines = logging.getLogger("satukanal"), list[dict[str, Any]]()
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(json.loads(record.getMessage()))  # type: ignore[method-assign]
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(level)


def test_the_request_id_of_an_order_is_in_the_log_lines_of_every_function(
    ministack: Any, drain: Callable[[], int], log_lines: list[dict[str, Any]]
) -> None:
    open_shop(TEAPOT=5)

    order = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="one-request-id-01")
    drain()

    [served] = [line for line in log_lines if line["event"] == "request_served"]
    related = [line for line in log_lines if line.get("request_id") == served["request_id"]]
    events = {(line["event"], line.get("handler", line.get("kind"))) for line in related}
    assert order.status == 201
    assert served["endpoint"] == "POST /orders"
    assert events >= {
        ("event_published", "OrderPlaced"),
        ("event_handled", "route_orders"),
        ("event_published", "OfferOpened"),
        ("event_handled", "notify_of_orders"),
        ("event_handled", "recap_orders"),
    }


def test_the_entries_of_a_request_carry_its_id_and_others_carry_none(aws: Any) -> None:
    open_shop(TEAPOT=5)
    order = call("POST", "/api/orders", an_order((TEAPOT, 1)), key="one-request-id-01").json["id"]

    [entry], [product] = journal.history(f"order#{order}"), journal.history(f"product#{TEAPOT}")

    assert entry.request_id
    assert journal.row_to_message(entry)["request_id"] == entry.request_id
    assert product.request_id is None


def test_the_hash_of_an_entry_does_not_cover_its_request_id(aws: Any) -> None:
    open_shop()
    [entry] = journal.history(f"product#{TEAPOT}")
    before = journal.hash_of(entry)

    entry.request_id = "req-1"

    assert journal.hash_of(entry) == before


def test_a_request_id_that_a_caller_invents_is_replaced() -> None:
    replacement = web.read_request_id({"requestId": "+62 812 5298 9901"})

    assert web.REQUEST_ID.fullmatch(replacement)
    assert web.read_request_id({"requestId": UUID}) == UUID
    assert web.read_request_id({}) != web.read_request_id({})

"""Requests by the people of the sample shop, and readers of their inboxes and SMS."""

from __future__ import annotations

import itertools
from typing import Any

import boto3

from chalicelib.notify.store import NoticeRow
from infra.invariants.check import check
from infra.local import phones
from infra.local.server import HttpResponse
from tests.client import call
from tests.moto_aws import stored_rows
from tests.shop import CUP, PRICES, STAFF, TEAPOT, add_stock, an_order, open_shop, token
from tests.verification.faults.build import park_vans

RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
PHONES = {person.id: person.phone for person in STAFF}
CASH, COD, CREDIT, TRANSFER = ([{"method": method}] for method in ("cash", "cod", "credit", "transfer"))
_keys = itertools.count(10**15)


def request(method: str, path: str, body: Any = None, by: str = "", key: str = "") -> HttpResponse:
    return call(method, f"/api{path}", body, token=token(by) if by else "", key=key or str(next(_keys)))


def request_ok(method: str, path: str, body: Any = None, by: str = "") -> Any:
    answer = request(method, path, body, by)
    assert answer.status < 300, f"{method} {path}: {answer.text}"
    return answer.json


def open_shop_with_vans() -> None:
    """Teapots in wh-surabaya and on Budi's van, cups in wh-surabaya and the store; Dewi's van is empty."""
    open_shop(TEAPOT=50, CUP=200)
    add_stock(TEAPOT, "van-budi", 10)
    add_stock(CUP, "store-tunjungan", 30)
    park_vans(BUDI, DEWI)


def place_order(*lines: tuple[str, int], by: str = "", **fields: Any) -> Any:
    return request_ok("POST", "/orders", an_order(*lines, **fields), by)


def load_order(order: Any) -> Any:
    return request_ok("GET", f"/orders/{order['id']}", by=RATNA)


def inbox(staff: str, order: Any) -> list[dict[str, Any]]:
    """Notices of this order in the inbox of a member of staff, oldest first."""
    notices = request_ok("GET", "/inbox", by=staff)["items"]
    return [notice for notice in reversed(notices) if notice.get("order") == order["id"]]


def notice_kinds(staff: str, order: Any) -> list[str]:
    return [notice["kind"] for notice in inbox(staff, order)]


def notices_by_party(order: Any) -> dict[str, list[str]]:
    """{party: kinds of its notices} of an order. Also checks that the API lists the same parties."""
    kinds_of: dict[str, list[str]] = {}
    for row in stored_rows(NoticeRow):
        if row.sk != "sent" and row.subject == f"order#{order['id']}":  # sends are in the same table
            kinds_of.setdefault(row.pk, []).append(row.kind)
    notices = request_ok("GET", f"/orders/{order['id']}/notices", by=RATNA)["items"]
    parties = [party for party, kinds in kinds_of.items() for _ in kinds]
    assert sorted(notice["to"] for notice in notices) == sorted(parties)
    return {party: sorted(kinds) for party, kinds in kinds_of.items()}


def sms_to(phone: str) -> list[str]:
    return phones.load_messages().get(phone, [])


def claim_links(staff: str) -> list[str]:
    """Paths of the claim links in the SMS to a salesman, oldest first."""
    links = [link for text in sms_to(PHONES[staff]) for link in phones.LINK.findall(text) if "/o/" in link]
    return [link.partition("shop.test")[2] for link in links]


def active_fulfillment_id(order: Any) -> str:
    """The id of the first fulfillment that is neither cancelled nor rejected."""
    fulfillments = request_ok("GET", f"/orders/{order['id']}/routing", by=RATNA)["fulfillments"]
    return next(
        fulfillment["id"] for fulfillment in fulfillments if fulfillment["status"] not in ("cancelled", "rejected")
    )


def advance_fulfillment(order: Any, *steps: str, by: str) -> None:
    for step in steps:
        request_ok("POST", f"/fulfillments/{active_fulfillment_id(order)}/{step}", by=by)


def total_of(*lines: tuple[str, int]) -> int:
    return sum(PRICES[sku] * quantity for sku, quantity in lines)


def invariants_hold() -> bool:
    report = check(boto3.client("dynamodb"), "test", is_idle=True)
    assert str(report) == "everything holds"
    return True

"""The people of the small shop as they knock at its doors, and what they find in their inboxes and phones."""

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
    """Teapots in the first warehouse and on Budi's van, cups in both warehouses and the store; Dewi drives empty."""
    open_shop(TEAPOT=50, CUP=200)
    add_stock(TEAPOT, "van-budi", 10)
    add_stock(CUP, "store-tunjungan", 30)
    park_vans(BUDI, DEWI)


def place_order(*lines: tuple[str, int], by: str = "", **said: Any) -> Any:
    return request_ok("POST", "/orders", an_order(*lines, **said), by)


def load_order(order: Any) -> Any:
    return request_ok("GET", f"/orders/{order['id']}", by=RATNA)


def inbox(staff: str, order: Any) -> list[dict[str, Any]]:
    """What he is told of this order, oldest first."""
    told = request_ok("GET", "/inbox", by=staff)["items"]
    return [each for each in reversed(told) if each.get("order") == order["id"]]


def notice_kinds(staff: str, order: Any) -> list[str]:
    return [told["kind"] for told in inbox(staff, order)]


def notices_by_party(order: Any) -> dict[str, list[str]]:
    """In whose inbox there is what about an order; the shop remembers the same people as told."""
    found: dict[str, list[str]] = {}
    for row in stored_rows(NoticeRow):
        if row.sk != "sent" and row.subject == f"order#{order['id']}":  # the sends lie in the same table
            found.setdefault(row.pk, []).append(row.kind)
    listed = request_ok("GET", f"/orders/{order['id']}/notices", by=RATNA)["items"]
    assert sorted(each["to"] for each in listed) == sorted(party for party, kinds in found.items() for _ in kinds)
    return {party: sorted(kinds) for party, kinds in found.items()}


def sms_to(phone: str) -> list[str]:
    return phones.load_messages().get(phone, [])


def claim_links(staff: str) -> list[str]:
    """Paths of the claim links in his SMS, oldest first."""
    links = [link for text in sms_to(PHONES[staff]) for link in phones.LINK.findall(text) if "/o/" in link]
    return [link.partition("shop.test")[2] for link in links]


def active_fulfillment_id(order: Any) -> str:
    """The fulfillment that is alive."""
    listed = request_ok("GET", f"/orders/{order['id']}/routing", by=RATNA)["fulfillments"]
    return next(each["id"] for each in listed if each["status"] not in ("cancelled", "rejected"))


def advance_fulfillment(order: Any, *verbs: str, by: str) -> None:
    for verb in verbs:
        request_ok("POST", f"/fulfillments/{active_fulfillment_id(order)}/{verb}", by=by)


def total_of(*lines: tuple[str, int]) -> int:
    return sum(PRICES[sku] * quantity for sku, quantity in lines)


def invariants_hold() -> bool:
    report = check(boto3.client("dynamodb"), "test", is_idle=True)
    assert str(report) == "everything holds"
    return True

"""The people of the small shop as they knock at its doors, and what they find in their inboxes and phones."""

from __future__ import annotations

import itertools
from typing import Any

import boto3

from chalicelib.notify.store import NoticeRow
from infra.invariants.check import check
from infra.local import phones
from infra.local.server import Answered
from tests.client import call
from tests.cloud import stored_rows
from tests.shop import CUP, PRICES, STAFF, TEAPOT, an_order, open_shop, put, token
from tests.verification.faults.build import parked

RATNA, SINTA, BUDI, DEWI = "owner-ratna", "cashier-sinta", "salesman-budi", "salesman-dewi"
LIA, JOKO, AGUS, MAYA, TOKOKU = "agent-lia", "warehouse-joko", "courier-agus", "finance-maya", "channel-tokoku"
PHONES = {person.id: person.phone for person in STAFF}
CASH, COD, CREDIT, TRANSFER = ([{"method": method}] for method in ("cash", "cod", "credit", "transfer"))
_keys = itertools.count(10**15)


def ask(method: str, path: str, body: Any = None, by: str = "", key: str = "") -> Answered:
    return call(method, f"/api{path}", body, token=token(by) if by else "", key=key or str(next(_keys)))


def done(method: str, path: str, body: Any = None, by: str = "") -> Any:
    answer = ask(method, path, body, by)
    assert answer.status < 300, f"{method} {path}: {answer.text}"
    return answer.json


def a_shop_with_vans() -> None:
    """Teapots in the first warehouse and on Budi's van, cups in both warehouses and the store; Dewi drives empty."""
    open_shop(TEAPOT=50, CUP=200)
    put(TEAPOT, "van-budi", 10)
    put(CUP, "store-tunjungan", 30)
    parked(BUDI, DEWI)


def ordered(*lines: tuple[str, int], by: str = "", **said: Any) -> Any:
    return done("POST", "/orders", an_order(*lines, **said), by)


def seen(order: Any) -> Any:
    return done("GET", f"/orders/{order['id']}", by=RATNA)


def inbox(staff: str, order: Any) -> list[dict[str, Any]]:
    """What he is told of this order, oldest first."""
    told = done("GET", "/inbox", by=staff)["items"]
    return [each for each in reversed(told) if each.get("order") == order["id"]]


def kinds(staff: str, order: Any) -> list[str]:
    return [told["kind"] for told in inbox(staff, order)]


def told(order: Any) -> dict[str, list[str]]:
    """In whose inbox there is what about an order; the shop remembers the same people as told."""
    found: dict[str, list[str]] = {}
    for row in stored_rows(NoticeRow):
        if row.sk != "sent" and row.subject == f"order#{order['id']}":  # the sends lie in the same table
            found.setdefault(row.pk, []).append(row.kind)
    listed = done("GET", f"/orders/{order['id']}/notices", by=RATNA)["items"]
    assert sorted(each["to"] for each in listed) == sorted(party for party, kinds in found.items() for _ in kinds)
    return {party: sorted(kinds) for party, kinds in found.items()}


def rang(phone: str) -> list[str]:
    return phones.messages().get(phone, [])


def claim_links(staff: str) -> list[str]:
    """Paths of the claim links in his SMS, oldest first."""
    links = [link for text in rang(PHONES[staff]) for link in phones.LINK.findall(text) if "/o/" in link]
    return [link.partition("shop.test")[2] for link in links]


def work(order: Any) -> str:
    """The fulfillment that is alive."""
    listed = done("GET", f"/orders/{order['id']}/routing", by=RATNA)["fulfillments"]
    return next(each["id"] for each in listed if each["status"] not in ("cancelled", "rejected"))


def steps(order: Any, *verbs: str, by: str) -> None:
    for verb in verbs:
        done("POST", f"/fulfillments/{work(order)}/{verb}", by=by)


def price(*lines: tuple[str, int]) -> int:
    return sum(PRICES[sku] * quantity for sku, quantity in lines)


def all_is_well() -> bool:
    report = check(boto3.client("dynamodb"), "test", quiet=True)
    assert str(report) == "everything holds"
    return True

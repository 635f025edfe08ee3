"""Builders of a shop with vans and a web order near them, and readers of what was sent about the order."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.assign import assign_order
from chalicelib.kit import db, journal
from chalicelib.kit.journal import JournalEntry
from chalicelib.notify.deliver import deliver_messages
from chalicelib.notify.store import NoticeRow
from chalicelib.places.report_position import report_position
from tests.client import call
from tests.shop import HERE, TEAPOT, add_stock, an_order, open_shop, principal_of, token

BUDI, DEWI, TEAM = "staff#salesman-budi", "staff#salesman-dewi", "location#wh-surabaya"


def a_shop_with_vans(*vans: str) -> None:
    """Five teapots in the warehouse, and two on each of these vans, which have just reported their position."""
    open_shop(**{TEAPOT: 5})
    for van in vans:
        add_stock(TEAPOT, van, 2)
        report_position(principal_of(f"salesman-{van.removeprefix('van-')}"), van, HERE, None)


def place_order(**fields: Any) -> str:
    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **fields), key="a-key-of-sixteen-letters")
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def place_and_offer_order(**fields: Any) -> str:
    order_id = place_order(**fields)
    assign_order(load_last_entry(order_id, "OrderPlaced"))
    return order_id


def load_last_entry(order_id: str, kind: str) -> JournalEntry:
    entries = [entry for entry in journal.history(f"order#{order_id}") if entry.kind == kind]
    return journal.row_to_entry(entries[-1])


def deliver_all_events(order_id: str) -> None:
    for entry in journal.history(f"order#{order_id}"):
        deliver_messages(journal.row_to_entry(entry))


def accept_as_warehouse(order_id: str) -> None:
    [work] = load_last_entry(order_id, "OfferOpened").event.assigned
    accepted = call("POST", f"/api/fulfillments/{work.fulfillment_id}/accept", token=token("warehouse-joko"))
    assert accepted.status == 200, accepted.body


def inbox_kinds(party: str) -> list[str]:
    """Kinds of notices, oldest first."""
    return [row.kind for row in db.query_all(NoticeRow, party, begins_with="evt_")]


def sms_sent() -> list[tuple[str, str]]:
    """(number, text)."""
    from moto.sns.models import sns_backends

    backend = sns_backends["123456789012"]["ap-southeast-3"]
    return [(number, text) for number, text, *_ in backend.sms_messages.values()]


def emails_sent() -> list[tuple[str, str]]:
    """(address, subject)."""
    from moto.ses.models import ses_backends

    backend = ses_backends["123456789012"]["ap-southeast-3"]
    return [(mail.destinations["ToAddresses"][0], mail.subject) for mail in backend.sent_messages]

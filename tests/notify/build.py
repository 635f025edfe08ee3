"""A web order near Budi, who carries it, and everybody who listens."""

from __future__ import annotations

from typing import Any

from chalicelib.fulfillment.offer import open_offer
from chalicelib.kit import db, journal
from chalicelib.kit.journal import JournalEntry
from chalicelib.notify.store import NoticeRow
from chalicelib.notify.tell import tell
from chalicelib.places.move import report_position
from tests.client import call
from tests.shop import HERE, TEAPOT, an_order, open_shop, put, who

BUDI, DEWI, TEAM = "staff#salesman-budi", "staff#salesman-dewi", "location#wh-surabaya"


def a_shop_with_vans(*vans: str) -> None:
    """Five teapots in the warehouse, and two on each van named, which has just said where it is."""
    open_shop(**{TEAPOT: 5})
    for van in vans:
        put(TEAPOT, van, 2)
        report_position(who(f"salesman-{van.removeprefix('van-')}"), van, HERE, None)


def placed(**said: Any) -> str:
    answer = call("POST", "/api/orders", an_order((TEAPOT, 1), **said), key="a-key-of-sixteen-letters")
    assert answer.status == 201, answer.body
    return str(answer.json["id"])


def offered(**said: Any) -> str:
    order_id = placed(**said)
    open_offer(told(order_id, "OrderPlaced"))
    return order_id


def told(order_id: str, kind: str) -> JournalEntry:
    entries = [entry for entry in journal.history(f"order#{order_id}") if entry.kind == kind]
    return journal.to_journal_entry(entries[-1])


def everybody_hears(order_id: str) -> None:
    for entry in journal.history(f"order#{order_id}"):
        tell(journal.to_journal_entry(entry))


def inbox_of(party: str) -> list[str]:
    """Kinds of notices, oldest first."""
    return [row.kind for row in db.query_all(NoticeRow, party, begins="evt_")]


def sms_sent() -> list[tuple[str, str]]:
    """(number, text)."""
    from moto.sns.models import sns_backends

    backend = sns_backends["123456789012"]["ap-southeast-3"]
    return [(number, text) for number, text, *_ in backend.sms_messages.values()]


def mails_sent() -> list[tuple[str, str]]:
    """(address, subject)."""
    from moto.ses.models import ses_backends

    backend = ses_backends["123456789012"]["ap-southeast-3"]
    return [(mail.destinations["ToAddresses"][0], mail.subject) for mail in backend.sent_messages]

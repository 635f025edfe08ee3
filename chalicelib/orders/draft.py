"""Draft orders: staff prepare one for a customer, who opens it by link, sees its prices and pays.

A draft reserves no stock. It has the id its order will have, so the link stays valid, and the order is placed at the
draft's prices.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.customers.model import Contact
from chalicelib.kit import auth, clock, compact_json, config, db, idempotency, ids, journal, policy
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import IndexedRow
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import IdempotencyKey, Replay
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money, total
from chalicelib.kit.policy import Relation
from chalicelib.kit.row_attributes import InstantAttribute
from chalicelib.orders import order_json, store
from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.context import load_context
from chalicelib.orders.link import build_order_link
from chalicelib.orders.model import (
    Delivery,
    DraftCreated,
    DraftGone,
    OrderFulfillmentStatus,
    OrderLine,
    OrderStatus,
    PayLinkRequested,
)
from chalicelib.orders.place import place
from chalicelib.orders.price import price_order
from chalicelib.payments.model import OrderPaymentStatus

DRAFT_LIFETIME = timedelta(days=7)


class DraftRow(IndexedRow):
    Meta = db.table("orders")

    body = UnicodeAttribute()
    made_by = UnicodeAttribute()
    made_at = InstantAttribute()
    version = UnicodeAttribute()


@dataclass(frozen=True)
class Draft:
    id: str
    command: PlaceOrder
    lines: tuple[OrderLine, ...]
    made_at: datetime
    head: Head

    @property
    def total(self) -> Money:
        return total((line.total for line in self.lines), config.currency())

    @property
    def token(self) -> str:
        return auth.order_token(self.id)


def create(command: PlaceOrder) -> dict[str, Any]:
    """Create a draft at current prices and return it as JSON. It can be submitted for a week."""
    context = load_context(command)
    idempotency.raise_if_repeated(command.idempotency_key, context.recorded_answer)
    check_order(command, context)
    order_id = ids.new("ord", context.now)
    prices = price_order(command, context)
    command = replace(command, coupons=tuple(coupon.code for coupon in prices.coupons))
    draft = Draft(order_id, command, tuple(prices.lines), context.now, Head())
    event = DraftCreated(order_id, command.channel, draft.total.currency, draft.total.minor)
    actor = command.principal.actor
    entry, head = journal.append_event(f"draft#{order_id}", event, actor=actor, at=context.now, channel=command.channel)
    answer = draft_to_json(draft)
    db.commit(
        [
            idempotency.record_answer(command.idempotency_key, answer),
            db.create(_draft_to_row(replace(draft, head=head))),
            entry,
        ]
    )
    return answer


def submit(draft: Draft, idempotency_key: IdempotencyKey | None, tenders: list[Tender] | None = None) -> dict[str, Any]:
    """Place the draft's order at its prices, with the draft's creator as actor, and return the order as JSON.

    Raises DraftGone if the draft was submitted before or has expired, and Replay for a repeated request."""
    if clock.now() > draft.made_at + DRAFT_LIFETIME:
        raise DraftGone()
    return place(
        replace(
            draft.command,
            idempotency_key=idempotency_key,
            order_id=draft.id,
            quoted_lines=draft.lines,
            tenders=tenders or draft.command.tenders or [Tender("transfer")],
            extra_writes=(db.delete(DraftRow(draft.id, "draft"), when=DraftRow.pk.exists(), refusal=DraftGone()),),
        )
    )


@db.retry_on_conflict
def send_pay_link(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None = None) -> dict[str, str]:
    """Send the customer the draft's link by SMS or e-mail, and return {"url"} for the caller to read out.

    The stored answer has no link, because the link can be derived again."""
    draft = find_draft(order_id)  # gone if a repeated request comes after the order was placed
    language = draft.command.language if draft else ""
    answer = {"url": build_order_link(order_id, auth.order_token(order_id), language)}
    with suppress(Replay):
        idempotency.check_repeat(idempotency_key)
        _request_pay_link(principal, order_id, idempotency_key)
    return answer


def _request_pay_link(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None) -> None:
    draft = load_draft(principal, order_id)
    entry, head = journal.append_event(
        f"draft#{order_id}", PayLinkRequested(order_id), after=draft.head, actor=principal.actor, at=clock.now()
    )
    version = DraftRow.version.set(_head_to_version(head))
    unchanged = DraftRow.version == _head_to_version(draft.head)
    record = idempotency.record_answer(idempotency_key, {"draft": order_id})
    db.commit([record, db.update(DraftRow(order_id, "draft"), version, when=unchanged), entry])


def load_draft(principal: Principal, order_id: str) -> Draft:
    """Return the draft. Raises NotFound unless the caller is staff or has the draft's link."""
    draft = find_draft(order_id)
    has_link = bool(principal.token) and auth.is_valid_order_token(principal.token, order_id)
    if draft is None or not (has_link or reaches_draft(principal, draft)):
        raise NotFound()
    return draft


def reaches_draft(principal: Principal, draft: Draft) -> bool:
    """Return whether staff reach the draft: a draft has a maker and a channel, and is at its maker's location."""
    relations, maker = principal.relations, draft.command.principal
    if not principal.is_staff:
        return False
    if Relation.ALL in relations or (Relation.OWN in relations and maker.id == principal.id):
        return True
    channels = policy.CHANNELS_OF_ROLE.get(principal.role, frozenset())
    return Relation.CHANNELS in relations and draft.command.channel in channels


def load_draft_to_submit(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None) -> Draft:
    """Return the draft. Raises Replay if it is gone because the same request submitted it before, else NotFound."""
    try:
        return load_draft(principal, order_id)
    except NotFound:
        idempotency.check_repeat(idempotency_key)
        raise


def find_draft(order_id: str) -> Draft | None:
    row = db.get(DraftRow, order_id, "draft")
    return _row_to_draft(row) if row else None


def draft_to_json(draft: Draft) -> dict[str, Any]:
    command = draft.command
    return {
        "id": draft.id,
        "number": ids.short_number(draft.id),
        "channel": command.channel,
        "status": OrderStatus.DRAFT,
        "payment_status": OrderPaymentStatus.UNPAID,
        "fulfillment_status": OrderFulfillmentStatus.UNASSIGNED,
        "made_at": clock.iso(draft.made_at),
        "valid_until": clock.iso(draft.made_at + DRAFT_LIFETIME),
        "created_by": command.principal.id,
        "customer": asdict(command.contact) if command.contact else None,
        "customer_id": command.customer_id or None,
        "lines": [order_json.line_to_json(line) for line in draft.lines],
        "total": draft.total.to_json(),
        "delivery": {"method": command.delivery.method, "location": command.delivery.location}
        | {"address": command.delivery.address},
        "note": command.note or None,
    }


def _draft_to_row(draft: Draft) -> DraftRow:
    command = draft.command
    body = {
        "channel": command.channel,
        "lines": [store.line_to_stored(line) for line in draft.lines],
        "delivery": asdict(command.delivery),
        "tenders": [[tender.method, tender.amount.minor if tender.amount else None] for tender in command.tenders],
        "principal": [command.principal.role, command.principal.id, command.principal.location],
        "customer_id": command.customer_id,
        "contact": asdict(command.contact) if command.contact else None,
        "coupons": command.coupons,
        "placement": command.placement,
        "note": command.note,
        "backorder": command.backorder,
        "language": command.language,
    }
    return DraftRow(
        draft.id,
        "draft",
        body=compact_json.dumps(body),
        made_by=command.principal.id,
        made_at=draft.made_at,
        version=_head_to_version(draft.head),
        list="drafts",
        owner=f"drafts#{command.principal.id}",
        listed_at=f"{clock.iso(draft.made_at)}#{draft.id}",
    )


def _row_to_draft(row: DraftRow) -> Draft:
    body = compact_json.loads(row.body)
    currency = config.currency()
    lines = tuple(store.stored_to_line(stored, currency) for stored in body["lines"])
    command = PlaceOrder(
        channel=body["channel"],
        lines=[RequestedLine(line.sku, line.quantity) for line in lines],
        delivery=Delivery(**body["delivery"]),
        tenders=[Tender(method, Money(minor, currency) if minor else None) for method, minor in body["tenders"]],
        principal=Principal(*body["principal"]),
        customer_id=body["customer_id"],
        contact=Contact(**body["contact"]) if body["contact"] else None,
        coupons=tuple(body["coupons"]),
        placement=body["placement"],
        note=body["note"],
        backorder=body.get("backorder", False),
        language=body.get("language", ""),
    )
    sequence, _, journal_hash = row.version.partition("#")
    return Draft(row.pk, command, lines, row.made_at, Head(int(sequence), journal_hash))


def _head_to_version(head: Head) -> str:
    return f"{head.version}#{head.journal_hash}"

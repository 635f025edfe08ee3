"""Assisted orders: staff prepare a draft for a customer, who sees its prices by link and pays; nothing is held before.

A draft keeps the id its order will have, so the link stays good, and the prices it was shown with.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.customers.model import Contact
from chalicelib.kit import auth, clock, compact_json, config, db, idempotency, ids, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import IndexedRow
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import IdempotencyKey, Replay
from chalicelib.kit.journal import Head
from chalicelib.kit.money import Money, total
from chalicelib.kit.row_attributes import InstantAttribute
from chalicelib.orders import order_json, store
from chalicelib.orders.check_order import check_order
from chalicelib.orders.command import PlaceOrder, RequestedLine, Tender
from chalicelib.orders.context import load_context
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
    """Prices the lines now and keeps them for a week."""
    context = load_context(command)
    idempotency.raise_if_repeated(command.idempotency_key, context.recorded_answer)
    check_order(command, context)
    order_id = ids.new("ord", context.now)
    prices = price_order(command, context)
    command = replace(command, coupons=tuple(coupon.code for coupon in prices.coupons))
    draft = Draft(order_id, command, tuple(prices.lines), context.now, Head())
    event = DraftCreated(order_id, command.channel, draft.total.currency, draft.total.minor)
    who = command.principal.actor
    entry, head = journal.append_event(f"draft#{order_id}", event, actor=who, at=context.now, channel=command.channel)
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
    """Places the order under its maker's name, at the prices shown. Twice is refused by the draft being gone, unless
    it is the same request again."""
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
    """The customer gets the link by SMS or e-mail, and the caller to read it out. What is remembered of the request
    holds no link: it can be made again."""
    answer = {"url": build_pay_link(order_id, auth.order_token(order_id))}
    with suppress(Replay):  # by this very caller, when it still was a draft
        idempotency.check_repeat(idempotency_key)
        _request_pay_link(principal, order_id, idempotency_key)
    return answer


def _request_pay_link(principal: Principal, order_id: str, asked: IdempotencyKey | None) -> None:
    draft = load_draft(principal, order_id)
    entry, head = journal.append_event(
        f"draft#{order_id}", PayLinkRequested(order_id), after=draft.head, actor=principal.actor, at=clock.now()
    )
    version = DraftRow.version.set(_head_to_version(head))
    same = DraftRow.version == _head_to_version(draft.head)
    sent = idempotency.record_answer(asked, {"draft": order_id})
    db.commit([sent, db.update(DraftRow(order_id, "draft"), version, when=same), entry])


def build_pay_link(order_id: str, token: str) -> str:
    return f"{config.base_url()}/pesanan/?id={order_id}&token={token}"


def load_draft(principal: Principal, order_id: str) -> Draft:
    """Its makers' colleagues, and whoever holds its link; NotFound for everybody else."""
    found = find_draft(order_id)
    his = bool(principal.token) and auth.is_valid_order_token(principal.token, order_id)
    if found is None or not (principal.is_staff or his):
        raise NotFound()
    return found


def load_draft_to_submit(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None) -> Draft:
    """A draft that is gone may have been submitted by this very request, whose answer was lost: Replay."""
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
    said = {
        "channel": command.channel,
        "lines": [store.line_to_stored(line) for line in draft.lines],
        "delivery": asdict(command.delivery),
        "tenders": [[one.method, one.amount.minor if one.amount else None] for one in command.tenders],
        "principal": [command.principal.role, command.principal.id, command.principal.location],
        "customer_id": command.customer_id,
        "contact": asdict(command.contact) if command.contact else None,
        "coupons": command.coupons,
        "placement": command.placement,
        "note": command.note,
        "backorder": command.backorder,
    }
    return DraftRow(
        draft.id,
        "draft",
        body=compact_json.dumps(said),
        made_by=command.principal.id,
        made_at=draft.made_at,
        version=_head_to_version(draft.head),
        list="drafts",
        owner=f"drafts#{command.principal.id}",
        listed_at=f"{clock.iso(draft.made_at)}#{draft.id}",
    )


def _row_to_draft(row: DraftRow) -> Draft:
    said = compact_json.loads(row.body)
    currency = config.currency()
    lines = tuple(store.stored_to_line(kept, currency) for kept in said["lines"])
    command = PlaceOrder(
        channel=said["channel"],
        lines=[RequestedLine(line.sku, line.quantity) for line in lines],
        delivery=Delivery(**said["delivery"]),
        tenders=[Tender(method, Money(minor, currency) if minor else None) for method, minor in said["tenders"]],
        principal=Principal(*said["principal"]),
        customer_id=said["customer_id"],
        contact=Contact(**said["contact"]) if said["contact"] else None,
        coupons=tuple(said["coupons"]),
        placement=said["placement"],
        note=said["note"],
        backorder=said.get("backorder", False),
    )
    sequence, _, hashed = row.version.partition("#")
    return Draft(row.pk, command, lines, row.made_at, Head(int(sequence), hashed))


def _head_to_version(head: Head) -> str:
    return f"{head.version}#{head.journal_hash}"

"""The inbox of a member of staff: notices to them, to their location's team and to their role."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import ENDED, FulfillmentStatus, OfferStatus, order_id_from
from chalicelib.kit import clock, compact_json, db, ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Key
from chalicelib.notify import store
from chalicelib.notify.model import NoSuchNotice
from chalicelib.notify.recipients import build_claim_path
from chalicelib.notify.store import NoticeRow
from chalicelib.orders.find import load_orders
from chalicelib.orders.model import Order, OrderFulfillmentStatus, OrderStatus
from chalicelib.orders.store import REFUND_OWED, OrderTaskRow
from chalicelib.payments.model import PaymentStatus
from chalicelib.payments.store import PaymentRow
from chalicelib.stock.model import TransferStatus
from chalicelib.stock.store import transfer_key

CANCELLED = OrderStatus.CANCELLED
CLOSED_BY_ORDER = {OfferStatus.CLAIMED, OfferStatus.SUPERSEDED}  # statuses of offers only; work has others
# By kind of notice: what it is about, and the states in which it still asks for something.
AWAITED_STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "offer": ("offer", (OfferStatus.OPEN,)),
    "yours_now": ("fulfillment", (FulfillmentStatus.ASSIGNED,)),
    "assigned": ("fulfillment", (FulfillmentStatus.ASSIGNED,)),
    "call": ("fulfillment", tuple(status for status in FulfillmentStatus if status not in ENDED)),
    "proof": ("payment", (PaymentStatus.PROOF_SUBMITTED,)),
    "transfer": ("transfer", (TransferStatus.IN_TRANSIT, TransferStatus.PARTIALLY_RECEIVED)),
    "stranded": ("order", ("stranded",)),
    "refund_owed": ("refund", (REFUND_OWED,)),
}


def list_parties(principal: Principal) -> list[str]:
    team = [f"location#{principal.location}"] if principal.location else []
    return [f"staff#{principal.id}", *team, f"role#{principal.role}"]


def list_inbox(principal: Principal, before: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of notices, newest first, and the `before` of the next page or None.

    Pages are cut by event id, which begins with the time of the event on the clock of the process that wrote it. Clocks
    differ, so each page is sorted by the time of the notice."""
    pages = [store.load_inbox(party, before, limit) for party in list_parties(principal)]
    rows = list(heapq.merge(*pages, key=lambda row: str(row.sk), reverse=True))[:limit]
    next_before = rows[-1].sk if len(rows) == limit else None
    states = load_states(rows)
    newest_first = sorted(rows, key=lambda row: (row.at, row.sk), reverse=True)
    return [notice_to_json(row, principal, states) for row in newest_first], next_before


def acknowledge(principal: Principal, notice_id: str) -> dict[str, Any]:
    """Acknowledge the notice in the caller's, the team's and the role's inbox and return it as JSON.

    Acknowledging twice is a no-op. Raises NoSuchNotice."""
    rows = db.batch(Key(NoticeRow, party, notice_id) for party in list_parties(principal))
    if not rows:
        raise NoSuchNotice()
    for row in rows.values():
        if row.acknowledged_at is None:
            at = clock.now()
            db.commit([store.acknowledge(row.pk, row.sk, principal.id, at)])
            row.acknowledged_at, row.acknowledged_by = at, principal.id
    row = next(iter(rows.values()))
    return notice_to_json(row, principal, load_states([row]))


def load_states(rows: Sequence[NoticeRow]) -> dict[str, str]:
    """Return the current status of what the notices are about, by id, in one or two batch reads.

    A stranded order has the status `stranded`, an order with money owed back the task `refund_owed`; others are left
    out.
    """
    facts = [compact_json.loads(row.facts) for row in rows if row.facts]
    keys = [key for notice in facts for key in list_subject_keys(notice)]
    subjects = db.batch(dict.fromkeys(keys))
    states = {subject_id(key): current_state(row) for key, row in subjects.items()}
    closed = {key.sk: key.pk for key in subjects if states[subject_id(key)] in CLOSED_BY_ORDER}
    orders = load_orders(dict.fromkeys(closed.values()))
    return states | {
        offer: closed_offer_state(orders.get(order_id), states[offer]) for offer, order_id in closed.items()
    }


def closed_offer_state(order: Order | None, state: str) -> str:
    """Return why a claimed or superseded offer asks for nothing: its order ended, or someone else serves it."""
    if order is not None and order.status == CANCELLED:
        return "order_cancelled"
    if state == OfferStatus.SUPERSEDED:
        return "warehouse_accepted"
    is_delivered = order is not None and order.fulfillment_status == OrderFulfillmentStatus.DELIVERED
    return OrderFulfillmentStatus.DELIVERED if is_delivered else state


def list_subject_keys(facts: dict[str, Any]) -> Iterator[Key]:
    """Yield the keys of the offer, fulfillment, payment and transfer of a notice, and of what is left to do about its
    order: the stranded mark and the task of the refund."""
    for name in ("offer", "fulfillment"):
        if work_id := facts.get(name):
            yield Key(work.WorkRow, order_id_from(work_id), work_id)
    if payment_id := facts.get("payment"):
        yield Key(PaymentRow, payment_id, "payment")
    if transfer_id := facts.get("transfer"):
        yield transfer_key(transfer_id)
    if order_id := facts.get("order"):
        yield Key(work.WorkRow, order_id, "stranded")
        yield Key(OrderTaskRow, order_id, REFUND_OWED)


def subject_id(key: Key) -> str:
    if key.row is OrderTaskRow:
        return refund_id(key.pk)
    return key.sk if key.row is work.WorkRow and key.sk != "stranded" else key.pk


def refund_id(order_id: str) -> str:
    """Return the id of what is owed back for an order, which has no row of its own besides the task."""
    return f"{order_id}#{REFUND_OWED}"


def current_state(row: Any) -> str:
    """Return the row's status; an open offer past its end is expired even before the schedule marks it so."""
    if isinstance(row, OrderTaskRow):
        return str(row.sk)
    expires_at = getattr(row, "expires_at", None)
    expired = row.status == OfferStatus.OPEN and expires_at is not None and expires_at <= clock.now()
    return OfferStatus.EXPIRED if expired else str(row.status)


def is_settled(kind: str, facts: dict[str, Any], states: dict[str, str]) -> bool:
    """Whether a notice asks for nothing any more, because what it asked for was done or is impossible now.

    A notice that only informs is never settled; it waits to be acknowledged.
    """
    subject, awaited = AWAITED_STATES.get(kind, ("", ()))
    if kind == "unheard":  # about whatever nobody answered
        subject, awaited = next(
            (rule for rule in AWAITED_STATES.values() if facts.get(rule[0])), AWAITED_STATES["stranded"]
        )
    subject_key = refund_id(facts.get("order", "")) if subject == "refund" else facts.get(subject, "")
    return bool(subject) and states.get(subject_key, "") not in awaited


def notice_to_json(row: NoticeRow, principal: Principal, states: dict[str, str]) -> dict[str, Any]:
    facts = compact_json.loads(row.facts) if row.facts else {}
    goods = [{"sku": sku, "quantity": quantity} for sku, quantity in facts.pop("goods", ())]
    subject = facts.get("offer") or facts.get("fulfillment") or ""
    body: dict[str, Any] = {"id": row.sk, "kind": row.kind, "at": clock.iso(row.at), "to": row.pk.partition("#")[0]}
    if "order" in facts:
        body["number"] = ids.short_number(facts["order"])
    body |= facts | {"goods": goods, "state": states.get(subject)}
    if facts.get("offer") and states.get(subject) == OfferStatus.OPEN and row.kind == "offer":
        body["claim"] = build_claim_path(facts["offer"], principal.id)
    acknowledged_at = clock.iso(row.acknowledged_at) if row.acknowledged_at else None
    body |= {"acknowledged_at": acknowledged_at, "acknowledged_by": row.acknowledged_by}
    return body | {"settled": is_settled(row.kind, facts, states)}

"""Rows of fulfillments, offers, routing decisions and claim links.

    table        partition key     sort key       row
    orders       ord_…             ful_…-1        a fulfillment
                                   off_…-1        an offer; claim, acceptance and expiry all put a condition on its
                                                  `status`, so only one of them succeeds
                                   stranded       exists while no one can fulfill the order
    fulfillment  routing#ord_…     <instant>#…    a routing decision with its inputs
                 link#<sha-256>    link           the offer and the salesman of a claim link

One query of an order's partition returns the order with its fulfillments and offers. Their ids contain the order's id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.fulfillment import routing
from chalicelib.fulfillment.model import (
    ENDED,
    Fulfillment,
    FulfillmentStatus,
    Invitation,
    Offer,
    OfferStatus,
    OrderFulfillment,
    order_id_from,
    refusal_of_lost_claim,
)
from chalicelib.kit import auth, clock, compact_json, db
from chalicelib.kit.db import IndexedRow, Refusal, Row, Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event
from chalicelib.kit.row_attributes import InstantAttribute, StateAttribute
from chalicelib.orders.model import Order
from chalicelib.orders.store import OrderRow, append_event, change_order, row_to_order
from chalicelib.stock.model import Allocation

OFFER_SHARDS = 4  # partitions of the list of open offers, because every placement writes to it
PAGE_SIZE = 50
RETURNED_GOODS_LIST = "returned"


class WorkRow(IndexedRow):
    """An offer, a fulfillment or a stranded mark.

    Rows are in one of the index lists `work#<location>`, `awaiting#<location>` (oldest order first), `offers#<shard>`
    and `stranded` until they end. Fulfillments whose goods came back are in `returned` until someone decides on them.
    """

    Meta = OrderRow.Meta

    status = StateAttribute()
    version = NumberAttribute()
    expires_at = InstantAttribute(null=True)
    body = UnicodeAttribute()


class OrderFulfillmentRow(OrderRow, WorkRow):
    """For reading only: a row of an order's partition is the order, a fulfillment or an offer."""


class RoutingRow(Row):
    """A routing decision; `packed` is compressed JSON."""

    Meta = db.table("fulfillment")

    packed = BinaryAttribute(legacy_encoding=False)


class LinkRow(Row):
    """The offer and the salesman of a claim link."""

    Meta = db.table("fulfillment")

    offer_id = UnicodeAttribute()
    staff = UnicodeAttribute()


def load_fulfillment_of_order(order_id: str) -> OrderFulfillment:
    """Return the order with its fulfillments and offers. Raises NotFound."""
    # Read in descending key order, so the order's row first: fulfillments newer than it are detected by the order's
    # version on commit, fulfillments older than it would not be.
    rows = db.query_all(OrderFulfillmentRow, order_id, newest_first=True)[::-1]
    order = next((row_to_order(row) for row in rows if row.sk == "order"), None)
    if order is None:
        raise NotFound()
    fulfillments = tuple(row_to_fulfillment(row) for row in rows if row.sk.startswith("ful_"))
    offers = tuple(row_to_offer(row) for row in rows if row.sk.startswith("off_"))
    return OrderFulfillment(order, fulfillments, offers)


def find_offer(offer_id: str) -> Offer | None:
    row = db.get(WorkRow, order_id_from(offer_id), offer_id)
    return row_to_offer(row) if row else None


def create_fulfillment(fulfillment: Fulfillment) -> Write:
    return db.create(_fulfillment_to_row(fulfillment))


def update_fulfillment(before: Fulfillment, after: Fulfillment) -> Write:
    """Return a write on condition that the stored fulfillment still has the version and status of `before`."""
    is_unchanged = (WorkRow.version == before.version) & (WorkRow.status == before.status)
    return db.put(_fulfillment_to_row(after), when=is_unchanged)


def create_offer(offer: Offer) -> list[Write]:
    """Return writes that create the offer and one claim link for each invited salesman."""
    links = [db.create(_build_link_row(offer.id, invitation.staff)) for invitation in offer.invitations]
    return [db.create(_offer_to_row(offer)), *links]


def update_claimed_offer(before: Offer, after: Offer, now: datetime) -> Write:
    """Return a write of a claim, on condition that the offer is open, not expired and unchanged since it was read."""
    is_claimable = (
        (WorkRow.status == OfferStatus.OPEN) & (WorkRow.expires_at > now) & (WorkRow.version == before.version)
    )
    return db.put(
        _offer_to_row(after),
        when=is_claimable,
        refusal=lambda row: refusal_of_lost_claim(row and row_to_offer(row), now),
    )


def close_offer(before: Offer, after: Offer, refusal: Refusal | None = None) -> Write:
    """Return a write on condition that the offer is open and unchanged, so an earlier claim is not overwritten."""
    is_unchanged = (WorkRow.status == OfferStatus.OPEN) & (WorkRow.version == before.version)
    return db.put(_offer_to_row(after), when=is_unchanged, refusal=refusal)


def record_order_events(order: Order, *events: Event, actor: str, at: datetime, **changes: Any) -> list[Write]:
    """Return writes of the events to the order's journal and of `changes` to its row, which must be unchanged."""
    entries: list[Write] = []
    latest = order
    for event in events:
        entry, head = append_event(latest, event, actor=actor, at=at)
        latest = replace(latest, **vars(head))
        entries.append(entry)
    return [change_order(order, version=latest.version, journal_hash=latest.journal_hash, **changes), *entries]


def create_decision(
    order_id: str, at: datetime, cause: str, inputs: dict[str, Any], decision: routing.RoutingDecision
) -> Write:
    """Return a write of a routing decision, once for each instant and cause."""
    body = {"at": clock.iso(at), "cause": cause, "asked": inputs, "decision": routing.decision_to_json(decision)}
    return db.create(RoutingRow(f"routing#{order_id}", f"{clock.iso(at)}#{cause}", packed=compact_json.compress(body)))


def load_decisions(order_id: str) -> list[dict[str, Any]]:
    """Return all routing decisions of an order with their inputs, oldest first."""
    rows = db.query_all(RoutingRow, f"routing#{order_id}")
    return [compact_json.decompress(row.packed) for row in rows]


def mark_stranded(order_id: str, at: datetime) -> Write:
    row = WorkRow(order_id, "stranded", status="stranded", version=1, body="{}")
    row.list, row.listed_at = "stranded", f"{clock.iso(at)}#{order_id}"
    return db.create(row)


def unmark_stranded(order_id: str) -> Write:
    return db.delete(WorkRow(order_id, "stranded"))


def is_stranded(order_id: str) -> bool:
    return db.get(WorkRow, order_id, "stranded") is not None


def list_stranded_orders() -> Iterator[str]:
    """Yield the ids of all stranded orders, the one stranded longest first."""
    page = db.query(WorkRow, "stranded", index="by_list", limit=PAGE_SIZE)
    yield from (row.pk for row in page.items)
    while page.after:
        page = db.query(WorkRow, "stranded", index="by_list", limit=PAGE_SIZE, after=page.after)
        yield from (row.pk for row in page.items)


def list_due_offers(now: datetime) -> list[Offer]:
    """Return offers whose expiry has passed, up to one page per shard.

    The index is eventually consistent, so the caller checks an offer again before closing it.
    """
    ended = ("0", clock.iso(now) + "~")
    lists = [f"offers#{shard}" for shard in range(OFFER_SHARDS)]
    pages = [db.query(WorkRow, name, index="by_list", between=ended, limit=PAGE_SIZE) for name in lists]
    return [row_to_offer(row) for page in pages for row in page.items if row.sk.startswith("off_")]


def list_open_fulfillments(
    location: str, limit: int = PAGE_SIZE, after: Any = None, *, list_name: str = "work"
) -> tuple[Sequence[Fulfillment], Any]:
    """Return a page of a location's list and its cursor, oldest first; `list_name` is `work` or `awaiting`."""
    page = db.query(WorkRow, f"{list_name}#{location}", index="by_list", limit=limit, after=after)
    return [row_to_fulfillment(row) for row in page.items if row.sk.startswith("ful_")], page.after


def list_awaiting_fulfillments(location: str) -> Iterator[Fulfillment]:
    """Yield all fulfillments that await goods at a location, the oldest order first."""
    fulfillments, after = list_open_fulfillments(location, list_name="awaiting")
    yield from fulfillments
    while after:
        fulfillments, after = list_open_fulfillments(location, after=after, list_name="awaiting")
        yield from fulfillments


def list_returned_goods(limit: int) -> list[Fulfillment]:
    """Return the fulfillments whose goods came back and are neither sent again nor ended, the oldest work first."""
    page = db.query(WorkRow, RETURNED_GOODS_LIST, index="by_list", limit=limit)
    return [row_to_fulfillment(row) for row in page.items]


def build_link_token(offer_id: str, staff: str) -> str:
    return auth.short_token("claim", offer_id, staff)


def find_link(token: str) -> tuple[str, str] | None:
    """Return (offer id, staff id) of a claim link, or None. Only a hash of the token is stored."""
    row = db.get(LinkRow, _link_pk(token), "link")
    return (row.offer_id, row.staff) if row else None


def _build_link_row(offer_id: str, staff: str) -> LinkRow:
    return LinkRow(_link_pk(build_link_token(offer_id, staff)), "link", offer_id=offer_id, staff=staff)


def _link_pk(token: str) -> str:
    return "link#" + hashlib.sha256(token.encode()).hexdigest()


def _fulfillment_to_row(fulfillment: Fulfillment) -> WorkRow:
    body = {
        "location": fulfillment.location,
        "kind": fulfillment.kind,
        "method": fulfillment.method,
        "pieces": [[allocation.sku, allocation.quantity, allocation.shard] for allocation in fulfillment.allocations],
        "assigned_at": clock.iso(fulfillment.assigned_at),
        "fulfiller": fulfillment.fulfiller,
        "offer_id": fulfillment.offer_id,
        "claim_version": fulfillment.claim_version,
        "reason": fulfillment.reason,
        "carrier": fulfillment.carrier,
    }
    row = WorkRow(
        fulfillment.order_id,
        fulfillment.id,
        status=fulfillment.status,
        version=fulfillment.version,
        body=_to_compact_json(body),
    )
    if fulfillment.status == FulfillmentStatus.AWAITING:
        row.list, row.listed_at = (
            f"awaiting#{fulfillment.location}",
            fulfillment.id,
        )  # sorts by time: ids begin with the order's ULID
    elif fulfillment.status == FulfillmentStatus.BACK_AT_LOCATION:
        row.list, row.listed_at = RETURNED_GOODS_LIST, f"{clock.iso(fulfillment.assigned_at)}#{fulfillment.id}"
    elif fulfillment.status not in ENDED:
        row.list, row.listed_at = (
            f"work#{fulfillment.location}",
            f"{clock.iso(fulfillment.assigned_at)}#{fulfillment.id}",
        )
    return row


def row_to_fulfillment(row: Any) -> Fulfillment:
    body = compact_json.loads(row.body)
    location, stored = body["location"], body.get("pieces", ())
    return Fulfillment(
        id=row.sk,
        order_id=row.pk,
        location=location,
        kind=body["kind"],
        method=body["method"],
        status=FulfillmentStatus(row.status),
        allocations=tuple(Allocation(sku, location, quantity, shard) for sku, quantity, shard in stored),
        assigned_at=clock.parse(body["assigned_at"]),
        fulfiller=body.get("fulfiller", ""),
        offer_id=body.get("offer_id", ""),
        claim_version=body.get("claim_version", 0),
        reason=body.get("reason", ""),
        carrier=body.get("carrier", ""),
        version=int(row.version),
    )


def _offer_to_row(offer: Offer) -> WorkRow:
    body = {
        "wanted": offer.demand,
        "invited": [[item.staff, item.location, item.distance_meters] for item in offer.invitations],
        "assigned": offer.fulfillment_ids,
        "opened_at": clock.iso(offer.opened_at),
        "claimed_by": offer.claimed_by,
        "declined": offer.declined_by,
    }
    row = WorkRow(offer.order_id, offer.id, status=offer.status, version=offer.version, body=_to_compact_json(body))
    row.expires_at = offer.expires_at
    if offer.status == OfferStatus.OPEN:
        row.list, row.listed_at = f"offers#{_shard(offer.id)}", f"{clock.iso(offer.expires_at)}#{offer.id}"
    return row


def row_to_offer(row: Any) -> Offer:
    body = compact_json.loads(row.body)
    return Offer(
        id=row.sk,
        order_id=row.pk,
        status=OfferStatus(row.status),
        demand=body["wanted"],
        invitations=tuple(Invitation(*item) for item in body.get("invited", ())),
        fulfillment_ids=tuple(body.get("assigned", ())),
        opened_at=clock.parse(body["opened_at"]),
        expires_at=row.expires_at,
        claimed_by=body.get("claimed_by", ""),
        declined_by=tuple(body.get("declined", ())),
        version=int(row.version),
    )


def _shard(identifier: str) -> int:
    return hashlib.sha256(identifier.encode()).digest()[0] % OFFER_SHARDS


def _to_compact_json(body: dict[str, Any]) -> str:
    """Return the body without empty values, because writes are billed by the kilobyte."""
    return compact_json.dumps({name: value for name, value in body.items() if value not in ("", 0, (), [])})


def allocations_of(fulfillments: Iterable[Fulfillment]) -> tuple[Allocation, ...]:
    return tuple(allocation for fulfillment in fulfillments for allocation in fulfillment.allocations)

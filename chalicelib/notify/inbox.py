"""What is addressed to somebody: to himself, to the team of his location, and to all who have his role."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

from chalicelib.fulfillment import store as work
from chalicelib.fulfillment.model import OfferStatus, order_id_from
from chalicelib.kit import clock, compact_json, db, ids
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Key
from chalicelib.notify import store
from chalicelib.notify.model import NoSuchNotice
from chalicelib.notify.recipients import build_claim_path
from chalicelib.notify.store import NoticeRow


def list_parties(principal: Principal) -> list[str]:
    team = [f"location#{principal.location}"] if principal.location else []
    return [f"staff#{principal.id}", *team, f"role#{principal.role}"]


def list_inbox(principal: Principal, before: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
    """Newest first, and where to go on. Pages are cut by the ids of events, which are dated by whoever caused them: one
    whose clock is ahead would stand above what comes after, so a page is laid out by when it was told."""
    pages = [store.load_inbox(party, before, limit) for party in list_parties(principal)]
    rows = list(heapq.merge(*pages, key=lambda row: str(row.sk), reverse=True))[:limit]
    more = rows[-1].sk if len(rows) == limit else None
    states = load_states(rows)
    newest_first = sorted(rows, key=lambda row: (row.at, row.sk), reverse=True)
    return [notice_to_json(row, principal, states) for row in newest_first], more


def acknowledge(principal: Principal, notice_id: str) -> dict[str, Any]:
    """The first who sees it answers for his team; seeing it again changes nothing."""
    found = db.batch(Key(NoticeRow, party, notice_id) for party in list_parties(principal))
    if not found:
        raise NoSuchNotice()
    for row in found.values():
        if row.acknowledged_at is None:
            at = clock.now()
            db.commit([store.acknowledge(row.pk, row.sk, principal.id, at)])
            row.acknowledged_at, row.acknowledged_by = at, principal.id
    row = next(iter(found.values()))
    return notice_to_json(row, principal, load_states([row]))


def load_states(rows: Sequence[NoticeRow]) -> dict[str, str]:
    """{offer or fulfillment: its state now}: the notice says how it was, the shop how it is. One read for a page."""
    kept = [compact_json.loads(row.facts) for row in rows if row.facts]
    things = {each[kind] for each in kept for kind in ("offer", "fulfillment") if each.get(kind)}
    found = db.batch(Key(work.WorkRow, order_id_from(thing), thing) for thing in sorted(things))
    return {key.sk: current_state(row) for key, row in found.items()}


def current_state(row: Any) -> str:
    """An offer past its end is over, whether or not the sweeper came by."""
    over = row.status == OfferStatus.OPEN and row.expires_at is not None and row.expires_at <= clock.now()
    return OfferStatus.EXPIRED if over else str(row.status)


def notice_to_json(row: NoticeRow, principal: Principal, states: dict[str, str]) -> dict[str, Any]:
    kept = compact_json.loads(row.facts) if row.facts else {}
    goods = [{"sku": sku, "quantity": quantity} for sku, quantity in kept.pop("goods", ())]
    thing = kept.get("offer") or kept.get("fulfillment") or ""
    said = {"id": row.sk, "kind": row.kind, "at": clock.iso(row.at), "to": row.pk.partition("#")[0]}
    if "order" in kept:
        said["number"] = ids.short_number(kept["order"])
    said |= kept | {"goods": goods, "state": states.get(thing)}
    if kept.get("offer") and states.get(thing) == OfferStatus.OPEN and row.kind == "offer":
        said["claim"] = build_claim_path(kept["offer"], principal.id)
    acknowledged = clock.iso(row.acknowledged_at) if row.acknowledged_at else None
    return said | {"acknowledged_at": acknowledged, "acknowledged_by": row.acknowledged_by}

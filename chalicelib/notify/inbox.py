"""The inbox of a member of staff: notices to them, to their location's team and to their role."""

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
    """Return {offer or fulfillment id: current status} for the notices, in one batch read."""
    facts = [compact_json.loads(row.facts) for row in rows if row.facts]
    work_ids = {notice[kind] for notice in facts for kind in ("offer", "fulfillment") if notice.get(kind)}
    work_rows = db.batch(Key(work.WorkRow, order_id_from(work_id), work_id) for work_id in sorted(work_ids))
    return {key.sk: current_state(row) for key, row in work_rows.items()}


def current_state(row: Any) -> str:
    """Return the row's status; an open offer past its end is expired even before the schedule marks it so."""
    expired = row.status == OfferStatus.OPEN and row.expires_at is not None and row.expires_at <= clock.now()
    return OfferStatus.EXPIRED if expired else str(row.status)


def notice_to_json(row: NoticeRow, principal: Principal, states: dict[str, str]) -> dict[str, Any]:
    facts = compact_json.loads(row.facts) if row.facts else {}
    goods = [{"sku": sku, "quantity": quantity} for sku, quantity in facts.pop("goods", ())]
    work_id = facts.get("offer") or facts.get("fulfillment") or ""
    body = {"id": row.sk, "kind": row.kind, "at": clock.iso(row.at), "to": row.pk.partition("#")[0]}
    if "order" in facts:
        body["number"] = ids.short_number(facts["order"])
    body |= facts | {"goods": goods, "state": states.get(work_id)}
    if facts.get("offer") and states.get(work_id) == OfferStatus.OPEN and row.kind == "offer":
        body["claim"] = build_claim_path(facts["offer"], principal.id)
    acknowledged_at = clock.iso(row.acknowledged_at) if row.acknowledged_at else None
    return body | {"acknowledged_at": acknowledged_at, "acknowledged_by": row.acknowledged_by}

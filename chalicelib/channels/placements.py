"""Saving placement links, and the page that each opens. The code is part of the page's URL, so no cookie is needed."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.catalog.model import CHANNELS
from chalicelib.channels.model import Placement, PlacementSaved, check_placement
from chalicelib.kit import clock, db, journal
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Row


class PlacementRow(Row):
    Meta = db.table("channels")

    channel = UnicodeAttribute()
    medium = UnicodeAttribute()
    sku = UnicodeAttribute(null=True)
    active = BooleanAttribute()
    version = NumberAttribute()
    journal_hash = UnicodeAttribute()


def find_placement(code: str) -> Placement | None:
    row = db.get(PlacementRow, "placements", code, consistent=False)
    return row_to_placement(row) if row else None


def row_to_placement(row: PlacementRow) -> Placement:
    return Placement(row.sk, row.channel, row.medium, row.sku or "", row.active)


def landing_url(placement: Placement) -> str:
    """Return the path of the page that the link opens. An inactive link leads to the page without its code."""
    page = f"/p/{quote(placement.sku)}/" if placement.sku else "/"
    return f"{page}?via={placement.code}" if placement.active else page


@db.retry_on_conflict
def save_placement(placement: Placement, principal: Principal) -> dict[str, Any]:
    """Create or change the placement; saving it unchanged writes nothing. Raises Invalid."""
    check_placement(placement, CHANNELS)
    row = db.get(PlacementRow, "placements", placement.code)
    if row is not None and row_to_placement(row) == placement:
        return placement_to_json(placement)
    event = PlacementSaved(placement.code, placement.channel, placement.medium, placement.active, placement.sku)
    subject, actor = f"placement#{placement.code}", principal.actor
    entry, head = journal.append_event(subject, event, after=row, actor=actor, at=clock.now())
    new_row = PlacementRow(
        "placements",
        placement.code,
        channel=placement.channel,
        medium=placement.medium,
        sku=placement.sku or None,
        active=placement.active,
        **vars(head),
    )
    db.commit([journal.put_version(new_row), entry])
    return placement_to_json(placement)


def placement_to_json(placement: Placement) -> dict[str, Any]:
    return {"code": placement.code, "link": f"/l/{placement.code}", "leads_to": landing_url(placement)}

"""Keeping a product or a channel's configuration; keeping what is there already changes nothing."""

from __future__ import annotations

from chalicelib.catalog.model import (
    Channel,
    ChannelConfigured,
    FieldChange,
    Product,
    ProductSaved,
    check_product,
    diff_records,
)
from chalicelib.catalog.store import (
    ChannelRow,
    ProductRow,
    claim_barcode,
    put_channel,
    put_product,
    release_barcode,
    row_to_channel,
    row_to_product,
)
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write


@db.retry_on_conflict
def save_product(product: Product, actor: str) -> bool:
    """False when it was so already, so that an import can run twice."""
    check_product(product)
    row = db.get(ProductRow, f"product#{product.sku}", "product")
    before = row_to_product(row) if row is not None else None
    if before == product:
        return False
    event = ProductSaved(product.sku, _omit_description(diff_records(before, product)))
    entry, head = journal.append_event(product.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_product(product, head), *_build_barcode_writes(before, product), entry])
    return True


def _omit_description(changed: dict[str, FieldChange]) -> dict[str, FieldChange]:
    """A journal entry stays small; that the text changed is said, both texts are not."""
    return {name: each if name != "description" else FieldChange() for name, each in changed.items()}


def _build_barcode_writes(before: Product | None, after: Product) -> list[Write]:
    if before is not None and before.barcode == after.barcode:
        return []
    given_up = [release_barcode(before)] if before is not None and before.barcode else []
    return given_up + ([claim_barcode(after)] if after.barcode else [])


@db.retry_on_conflict
def configure_channel(channel: Channel, actor: str) -> bool:
    """Placing reads the row in its own transaction's batch, so switching off is felt at the next order."""
    row = db.get(ChannelRow, "channels", channel.code)
    before = row_to_channel(row, channel.code)
    if row is not None and before == channel:
        return False
    event = ChannelConfigured(channel.code, diff_records(before, channel))
    entry, head = journal.append_event(channel.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_channel(channel, head), entry])
    return True

"""Save a product or a channel's configuration. Saving an equal record changes nothing."""

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
    """Save the product and return True, or False if it is equal already. Raises Invalid or BarcodeTaken."""
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
    """List a changed description without its texts, to keep journal entries small."""
    return {name: change if name != "description" else FieldChange() for name, change in changed.items()}


def _build_barcode_writes(before: Product | None, after: Product) -> list[Write]:
    if before is not None and before.barcode == after.barcode:
        return []
    released = [release_barcode(before)] if before is not None and before.barcode else []
    return released + ([claim_barcode(after)] if after.barcode else [])


@db.retry_on_conflict
def configure_channel(channel: Channel, actor: str) -> bool:
    """Save the configuration and return True, or False if it is equal already.

    Placing an order reads the row each time, so switching a channel off applies to the next order.
    """
    row = db.get(ChannelRow, "channels", channel.code)
    before = row_to_channel(row, channel.code)
    if row is not None and before == channel:
        return False
    event = ChannelConfigured(channel.code, diff_records(before, channel))
    entry, head = journal.append_event(channel.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_channel(channel, head), entry])
    return True

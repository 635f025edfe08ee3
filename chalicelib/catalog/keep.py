"""Keeping a product or a channel's configuration; keeping what is there already changes nothing."""

from __future__ import annotations

from chalicelib.catalog.model import Change, Channel, ChannelConfigured, Product, ProductKept, changes, check_product
from chalicelib.catalog.store import (
    ChannelRow,
    ProductRow,
    as_channel,
    as_product,
    claim_barcode,
    free_barcode,
    put_channel,
    put_product,
)
from chalicelib.kit import clock, db, journal
from chalicelib.kit.db import Write


@db.decided_anew
def keep_product(product: Product, actor: str) -> bool:
    """False when it was so already, so that an import can run twice."""
    check_product(product)
    row = db.get(ProductRow, f"product#{product.sku}", "product")
    before = as_product(row) if row is not None else None
    if before == product:
        return False
    event = ProductKept(product.sku, _without_description(changes(before, product)))
    entry, head = journal.append_event(product.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_product(product, head), *_barcode(before, product), entry])
    return True


def _without_description(changed: dict[str, Change]) -> dict[str, Change]:
    """A journal entry stays small; that the text changed is said, both texts are not."""
    return {name: each if name != "description" else Change() for name, each in changed.items()}


def _barcode(before: Product | None, after: Product) -> list[Write]:
    if before is not None and before.barcode == after.barcode:
        return []
    given_up = [free_barcode(before)] if before is not None and before.barcode else []
    return given_up + ([claim_barcode(after)] if after.barcode else [])


@db.decided_anew
def configure_channel(channel: Channel, actor: str) -> bool:
    """Placing reads the row in its own transaction's batch, so switching off is felt at the next order."""
    row = db.get(ChannelRow, "channels", channel.code)
    before = as_channel(row, channel.code)
    if row is not None and before == channel:
        return False
    event = ChannelConfigured(channel.code, changes(before, channel))
    entry, head = journal.append_event(channel.subject, event, after=row, actor=actor, at=clock.now())
    db.commit([put_channel(channel, head), entry])
    return True

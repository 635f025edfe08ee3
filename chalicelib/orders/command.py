"""The command that every channel builds to place an order: `PlaceOrder`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.customers.model import Contact
from chalicelib.kit.auth import ANYONE, Principal
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.money import Money
from chalicelib.orders.model import Delivery, OrderLine


@dataclass(frozen=True)
class RequestedLine:
    """A requested SKU and quantity. `agreed_price` was agreed elsewhere, by a marketplace or an import;
    `override_price` was set by the owner, with a `reason`."""

    sku: str
    quantity: int
    agreed_price: Money | None = None
    agreed_discount: Decimal = Decimal(0)
    override_price: Money | None = None
    reason: str = ""


@dataclass(frozen=True)
class Tender:
    """One payment method's part of the total. One tender may omit `amount` and takes the rest. A `reason` on credit
    overrides the credit limit (owner and finance only)."""

    method: str
    amount: Money | None = None
    reason: str = ""


@dataclass(frozen=True)
class PlaceOrder:
    """Everything a channel sends to place an order or create a draft."""

    channel: str
    lines: Sequence[RequestedLine]
    delivery: Delivery
    tenders: Sequence[Tender]
    principal: Principal = ANYONE
    customer_id: str = ""
    contact: Contact | None = None
    coupons: tuple[str, ...] = ()
    placement: str = ""
    note: str = ""
    backorder: bool = False  # units that are not in stock may be promised for the day they are expected
    language: str = ""  # of messages to the customer; empty for the shop's
    idempotency_key: IdempotencyKey | None = None
    placed_at: datetime | None = None  # business date of an order agreed elsewhere; holds are timed from now instead
    freight: Money | None = None
    expected_total: Money | None = None  # what the client was quoted; another total raises PriceChanged
    ref: str = ""
    historical: bool = False  # sold in an earlier system, see `record_historical`
    network_id: str = ""  # of a shopper, from `auth.network_id`; limits the messages that their orders cause in a day
    made_by: str = ""  # the member of staff who made the sale, if another (an import) records it
    order_id: str = ""  # id of the draft that is submitted
    quoted_lines: Sequence[OrderLine] | None = None  # the draft's lines, at the prices the customer was shown
    extra_writes: Sequence[Any] = field(default_factory=tuple)  # committed with the order

    @property
    def demand(self) -> dict[str, int]:
        """Units requested, by SKU."""
        return {line.sku: line.quantity for line in self.lines}

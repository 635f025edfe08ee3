"""What every channel says when it wants an order: `PlaceOrder`, already in our words."""

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
    """`agreed_*` is a price made elsewhere (a marketplace, an import); `set_by_hand` one that the owner gave."""

    sku: str
    quantity: int
    agreed_price: Money | None = None
    agreed_discount: Decimal = Decimal(0)
    override_price: Money | None = None
    reason: str = ""


@dataclass(frozen=True)
class Tender:
    """`amount` may be missing on one tender: it takes the rest. A `reason` on credit lifts the limit (owner only)."""

    method: str
    amount: Money | None = None
    reason: str = ""


@dataclass(frozen=True)
class PlaceOrder:
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
    backorder: bool = False  # what is not in stock may be promised for the day it is expected
    idempotency_key: IdempotencyKey | None = None
    placed_at: datetime | None = None  # the business date of an order agreed elsewhere; holds use the real clock
    freight: Money | None = None
    ref: str = ""
    caller: str = ""  # of a shopper: how many messages a day his orders may cause
    made_by: str = ""  # whose order it is, where somebody else (an import) writes it down
    order_id: str = ""  # a draft brings its own
    quoted_lines: Sequence[OrderLine] | None = None  # and the prices the customer was shown
    extra_writes: Sequence[Any] = field(default_factory=tuple)  # further writes of the same commit

    @property
    def demand(self) -> dict[str, int]:
        """Units wanted of each SKU."""
        return {line.sku: line.quantity for line in self.lines}

"""An order and its payments while a use case changes them, with the writes to commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.kit import clock
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.events import Event
from chalicelib.kit.idempotency import IdempotencyKey
from chalicelib.kit.journal import Head
from chalicelib.orders import store
from chalicelib.orders.find import load_order
from chalicelib.orders.model import Order
from chalicelib.payments.model import Payment
from chalicelib.payments.store import load_payments, save_payment


@dataclass(frozen=True)
class OrderChange:
    """`order` and its `payments` as they were read. `writes` are committed in the order they were added."""

    order: Order
    payments: list[Payment]
    principal: Principal
    now: datetime
    idempotency_key: IdempotencyKey | None = None
    writes: tuple[Write, ...] = ()

    def with_writes(self, writes: Iterable[Write]) -> OrderChange:
        return replace(self, writes=(*self.writes, *writes))

    def append_event(self, event: Event) -> tuple[Write, Head]:
        return store.append_event(self.order, event, actor=self.principal.actor, at=self.now)


@dataclass(frozen=True)
class PaymentChange:
    """One payment of the order, before and after the change. `before` is None for a new payment."""

    before: Payment | None
    after: Payment

    def apply_to(self, payments: Iterable[Payment]) -> list[Payment]:
        return [self.after if payment.id == self.after.id else payment for payment in payments]

    @property
    def writes(self) -> list[Write]:
        return [save_payment(self.before, self.after)] if self.before else []


def load_change(principal: Principal, order_id: str, idempotency_key: IdempotencyKey | None = None) -> OrderChange:
    """Return the order and its payments. Raises NotFound if `principal` may not see the order."""
    order = load_order(principal, order_id)
    return OrderChange(order, load_payments(order.payment_ids), principal, clock.now(), idempotency_key)

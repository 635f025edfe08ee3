"""What the cancellation of some units of an order changes, computed when first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chalicelib.fulfillment.model import (
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OfferStatus,
    OrderFulfillment,
    derive_order_status,
    exclude_withdrawn,
)
from chalicelib.fulfillment.reduction import (
    ReducedFulfillment,
    days_of_backorders,
    reduce_fulfillments,
    reduce_offer,
    take_units,
)
from chalicelib.fulfillment.stock_effects import StockEffect, allocate_rest, release_part
from chalicelib.fulfillment.store import allocations_of
from chalicelib.kit.money import Money, total
from chalicelib.orders.model import Order, OrderFulfillmentStatus, OrderLine
from chalicelib.orders.reduction import list_coupons, reduce_lines, total_of
from chalicelib.payments import lifecycle
from chalicelib.payments.lifecycle import CoveredPayment
from chalicelib.payments.model import Payment
from chalicelib.stock.model import Allocation


@dataclass(frozen=True)
class OrderReduction:
    """What the cancellation of some units of an order changes."""

    order_fulfillment: OrderFulfillment
    payments: Sequence[Payment]
    quantities: Mapping[str, int]

    @property
    def order(self) -> Order:
        return self.order_fulfillment.order

    @cached_property
    def fulfillments(self) -> list[ReducedFulfillment]:
        return reduce_fulfillments(self.order_fulfillment, self.quantities)

    @cached_property
    def all_after(self) -> list[Fulfillment]:
        return self.order_fulfillment.with_changed(*(item.after for item in self.fulfillments))

    @cached_property
    def cancelled(self) -> tuple[Allocation, ...]:
        """The promised units to release. Before the order is routed they are in no fulfillment yet."""
        if not self.order_fulfillment.fulfillments:
            return take_units(self.order.allocations, self.quantities)[0]
        return tuple(allocation for item in self.fulfillments for allocation in item.cancelled)

    @cached_property
    def remaining(self) -> tuple[Allocation, ...]:
        if not self.order_fulfillment.fulfillments:
            return take_units(self.order.allocations, self.quantities)[1]
        return allocations_of(exclude_withdrawn(self.all_after))

    @cached_property
    def lines(self) -> tuple[OrderLine, ...]:
        return reduce_lines(self.order.lines, self.quantities, days_of_backorders(self.cancelled))

    @cached_property
    def ended_coupons(self) -> tuple[str, ...]:
        """Coupons that lowered cancelled units only."""
        remaining = list_coupons(self.lines)
        return tuple(code for code in list_coupons(self.order.lines) if code not in remaining)

    @property
    def coupon_changes(self) -> dict[str, Any]:
        """The changes of the order's coupons, none if all of them still lower it."""
        if not self.ended_coupons:
            return {}
        uses = {person: self._without_ended(codes) for person, codes in self.order.coupon_uses.items()}
        return {
            "coupons": tuple(self._without_ended(self.order.coupons)),
            "coupon_uses": {person: codes for person, codes in uses.items() if codes},
        }

    def _without_ended(self, codes: Sequence[str]) -> list[str]:
        return [code for code in codes if code not in self.ended_coupons]

    @cached_property
    def demand(self) -> dict[str, int]:
        return {line.sku: line.quantity for line in self.lines}

    @cached_property
    def total(self) -> Money:
        return total_of(self.lines, self.order.freight)

    @cached_property
    def covered(self) -> list[CoveredPayment]:
        return lifecycle.choose_payments_to_reduce(self.payments, self.order.total - self.total)

    @cached_property
    def payments_after(self) -> list[Payment]:
        reduced = {payment.id: lifecycle.cover(payment, part) for payment, part in self.covered}
        return [reduced.get(payment.id, payment) for payment in self.payments]

    @cached_property
    def credit(self) -> Money:
        return total((part for payment, part in self.covered if payment.method == "credit"), self.order.currency)

    @property
    def owed_minor(self) -> int:
        return self.order.total.minor - self.total.minor - sum(part.minor for _, part in self.covered)

    @cached_property
    def leaves_hold(self) -> bool:
        """Whether the order was on hold and nothing of it is to be paid by transfer any more."""
        return self.order.on_hold and not lifecycle.unpaid_before_dispatch(self.payments_after)

    @cached_property
    def stock(self) -> StockEffect:
        if self.leaves_hold:
            return allocate_rest(self.order, self.remaining)
        return release_part(self.order, self.cancelled)

    @cached_property
    def offer(self) -> Offer | None:
        """The open offer after the change, or None if it does not change."""
        offer = self.order_fulfillment.open_offer
        return reduce_offer(offer, self.demand, self.all_after) if offer else None

    @cached_property
    def closed_offer(self) -> Offer | None:
        return self.offer if self.offer and self.offer.status != OfferStatus.OPEN else None

    @cached_property
    def fulfillment_status(self) -> OrderFulfillmentStatus:
        has_open_offer = self.order_fulfillment.open_offer is not None and self.closed_offer is None
        return derive_order_status(self.demand, self.all_after, has_open_offer)

    @property
    def is_complete(self) -> bool:
        return self.fulfillment_status == OrderFulfillmentStatus.DELIVERED

    @property
    def leaves_cash_due(self) -> bool:
        """Whether the rest was delivered already, but its cash was to be collected with what is cancelled now."""
        return self.is_complete and bool(lifecycle.cash_to_collect(self.payments_after, self.order.currency))

    def list_after(self, *statuses: FulfillmentStatus) -> list[Fulfillment]:
        return [item.after for item in self.fulfillments if item.after.status in statuses]

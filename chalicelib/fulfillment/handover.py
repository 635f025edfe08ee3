"""The customer takes it over the counter: dispatch, delivery and cash in one step."""

from __future__ import annotations

from chalicelib.fulfillment.collect import Collected, collect
from chalicelib.fulfillment.dispatch import refuse_unpaid
from chalicelib.fulfillment.goods import issue
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, WorkHandedOver, stepped
from chalicelib.fulfillment.realign import check_aligned
from chalicelib.fulfillment.step import StepChange, completes, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.orders.model import OrderStatus
from chalicelib.payments.store import load_payments


@db.decided_anew
def handover(principal: Principal, fulfillment_id: str) -> Fulfillment:
    at = scene(principal, fulfillment_id)
    if at.work.status == FulfillmentStatus.HANDED_OVER:
        return at.work
    after = stepped(at.work, FulfillmentStatus.HANDED_OVER)
    check_aligned(at.case)
    refuse_unpaid(load_payments(at.case.order.payment_ids))
    complete = completes(at, after)
    cash = collect(principal, at.case) if complete else Collected()
    goods = issue(at.work.pieces)
    event = WorkHandedOver(
        *at.ids,
        at.case.order.currency,
        claim_version=at.work.claim_version,
        completed=complete,
        movements=goods.movements,
        payments=cash.payments,
        postings=cash.postings,
    )
    changes = cash.changes | ({"status": OrderStatus.COMPLETED} if complete else {})
    return take_step(at, after, event, StepChange(goods, beside=cash.writes, order=changes))

"""The goods leave. Until then every unit is promised and in the house; from here on it is neither."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.fulfillment.claim import first_name
from chalicelib.fulfillment.goods import Effect, issue
from chalicelib.fulfillment.model import Fulfillment, FulfillmentStatus, NotPaid, WorkDispatched, stepped
from chalicelib.fulfillment.realign import check_aligned
from chalicelib.fulfillment.step import Scene, StepChange, scene, take_step
from chalicelib.kit import db
from chalicelib.kit.auth import Principal
from chalicelib.payments.model import Payment
from chalicelib.payments.pay import unpaid_before_dispatch
from chalicelib.payments.store import load_payments
from chalicelib.places import find as places


@db.decided_anew
def dispatch(principal: Principal, fulfillment_id: str) -> Fulfillment:
    """Also a second attempt: then the goods are out already and stock does not move again."""
    at = scene(principal, fulfillment_id)
    if at.work.status == FulfillmentStatus.IN_TRANSIT:
        return at.work
    after = stepped(at.work, FulfillmentStatus.IN_TRANSIT)
    check_aligned(at.case)
    refuse_unpaid(load_payments(at.case.order.payment_ids))
    goods = Effect() if at.work.status == FulfillmentStatus.FAILED_ATTEMPT else issue(at.work.pieces)
    event = WorkDispatched(*at.ids, claim_version=at.work.claim_version, movements=goods.movements)
    return take_step(at, after, event, StepChange(goods, order={"bringer": bringer(at)}))


def refuse_unpaid(payments: Sequence[Payment]) -> None:
    for payment in unpaid_before_dispatch(payments):
        raise NotPaid(payment=payment.id, method=payment.method, status=payment.status)


def bringer(at: Scene) -> str:
    """First name of who carries it; a warehouse that hands it to nobody we know brings it under its own name."""
    carrier = at.principal.id if at.principal.role in ("courier", "salesman") else at.work.fulfiller
    staff = places.staff().get(carrier)
    if staff and staff.role in ("courier", "salesman"):
        return first_name(staff.name)
    location = places.locations().get(at.work.location)
    return location.name if location else ""

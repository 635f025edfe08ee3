"""What every step of a fulfillment has in common: who may take it, from where, and what the order learns of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chalicelib.fulfillment.goods import Effect
from chalicelib.fulfillment.model import (
    Case,
    Fulfillment,
    FulfillmentStatus,
    check_placed,
    live,
    order_of,
    status_of_order,
    stepped,
)
from chalicelib.fulfillment.store import change_work, load_case, pieces_of, tell
from chalicelib.kit import clock, db
from chalicelib.kit.auth import Principal
from chalicelib.kit.db import Write
from chalicelib.kit.errors import NotFound
from chalicelib.kit.events import Event
from chalicelib.orders.model import OrderFulfillmentStatus


@dataclass(frozen=True)
class Scene:
    """One fulfillment among all of its order's, and who is at it."""

    principal: Principal
    case: Case
    work: Fulfillment

    @property
    def ids(self) -> tuple[str, str, str, str]:
        """How every event of a step begins: order, fulfillment, location, fulfiller."""
        return self.work.order_id, self.work.id, self.work.location, self.work.fulfiller or self.principal.actor


def scene(principal: Principal, fulfillment_id: str) -> Scene:
    case = load_case(order_of(fulfillment_id))
    work = case.work(fulfillment_id)
    if not may_serve(principal, work):
        raise NotFound()
    return Scene(principal, case, work)


def may_serve(principal: Principal, work: Fulfillment) -> bool:
    """The owner, who won it, or the people of its location; to everybody else it does not exist."""
    if principal.role == "owner":
        return True
    if work.kind == "van" and work.fulfiller:
        return work.fulfiller == principal.id
    if principal.role == "courier" and not principal.location:
        return True  # he carries for every house; only vans carry for themselves
    return bool(principal.location) and principal.location == work.location


@db.decided_anew
def plain_step(
    principal: Principal, fulfillment_id: str, to: FulfillmentStatus, says: Callable[[Scene], Event]
) -> Fulfillment:
    """A step that moves neither goods nor money."""
    at = scene(principal, fulfillment_id)
    if at.work.status == to:
        return at.work  # done before; a repeat is no refusal
    return take_step(at, stepped(at.work, to), says(at))


@dataclass(frozen=True)
class StepChange:
    """What a step writes beside its fulfillment. `first` writes come before all others, so they are refused first.

    `offered` tells when this very step closes the order's offer; `order` are more fields of the order's row."""

    goods: Effect = field(default_factory=Effect)
    first: Sequence[Write] = ()
    beside: Sequence[Write] = ()
    offered: bool | None = None
    order: Mapping[str, Any] = field(default_factory=dict)


NO_MORE = StepChange()


def take_step(at: Scene, after: Fulfillment, event: Event, change: StepChange = NO_MORE) -> Fulfillment:
    check_placed(at.case.order)
    works = at.case.after(after)
    fields: dict[str, Any] = {"fulfillment_status": order_status(at.case, works, change.offered)}
    if pieces_of(live(works)) != pieces_of(live(at.case.works)):
        fields["pieces"] = pieces_of(live(works))
    fields |= change.order
    told = tell(at.case.order, event, actor=at.principal.actor, at=clock.now(), **fields)
    db.commit([*change.first, change_work(at.work, after), *told, *change.goods.writes, *change.beside])
    return after


def order_status(case: Case, works: Sequence[Fulfillment], offered: bool | None = None) -> OrderFulfillmentStatus:
    open_still = case.open_offer is not None if offered is None else offered
    return status_of_order(case.order.demand, works, open_still)


def completes(at: Scene, after: Fulfillment) -> bool:
    """Whether with this step everything ordered has arrived."""
    return order_status(at.case, at.case.after(after)) == OrderFulfillmentStatus.DELIVERED

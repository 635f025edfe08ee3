"""Which units can still be cancelled, from which fulfillments they are taken, and what remains of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.fulfillment.model import (
    BEFORE_DISPATCH,
    Fulfillment,
    FulfillmentStatus,
    Offer,
    OrderFulfillment,
    assigned_quantities,
    exclude_withdrawn,
    unassigned_quantities,
)
from chalicelib.fulfillment.reduction import (
    ReducedFulfillment,
    count_cancellable,
    days_of_backorders,
    reduce_fulfillments,
    reduce_offer,
    take_units,
)
from chalicelib.kit.money import Money
from chalicelib.orders.model import Delivery, Order, OrderLine, UnitsHaveLeft
from chalicelib.stock.model import Allocation
from tests.fulfillment.build import NOON, a_fulfillment, an_offer

FIFTH, TENTH = 20261205, 20261210
FREE = Money(0, "IDR")


def an_order(demand: Mapping[str, int], *fulfillments: Fulfillment) -> OrderFulfillment:
    lines = tuple(OrderLine(sku, sku.title(), quantity, FREE, FREE, FREE) for sku, quantity in demand.items())
    order = Order(
        *("ord_1", "S-1", "web", NOON, "placed", "unpaid", "assigned"), *(lines, Delivery("ship"), FREE, FREE, "web")
    )
    return OrderFulfillment(order, fulfillments)


def with_units(status: str, number: int = 1, **units: int) -> Fulfillment:
    allocations = tuple(Allocation(sku, "wh", quantity) for sku, quantity in units.items())
    return a_fulfillment(status, number=number, allocations=allocations)


def cancelled_from(reduced: list[ReducedFulfillment]) -> list[tuple[str, dict[str, int]]]:
    return [(item.before.status, {unit.sku: unit.quantity for unit in item.cancelled}) for item in reduced]


@pytest.mark.parametrize("status", FulfillmentStatus)
def test_units_can_be_cancelled_until_they_leave_and_after_they_came_back(status: FulfillmentStatus) -> None:
    units = count_cancellable(an_order({"CUP": 3}, with_units(status, CUP=3)))

    withdrawn = ("rejected", "cancelled", "returned")  # their units are routed again
    assert units == ({"CUP": 3} if status in (*BEFORE_DISPATCH, "back_at_location", *withdrawn) else {})


def test_units_without_a_fulfillment_can_be_cancelled_too() -> None:
    order = an_order({"CUP": 9, "POT": 1, "TRAY": 2}, with_units("ready", 1, CUP=2), with_units("in_transit", 2, CUP=3))
    order = replace(order, fulfillments=(*order.fulfillments, with_units("assigned", 3, CUP=1, TRAY=2)))

    assert count_cancellable(order) == {"CUP": 6, "POT": 1, "TRAY": 2}


def test_more_units_than_can_be_cancelled_are_refused() -> None:
    order = an_order({"CUP": 5, "POT": 1}, with_units("in_transit", 1, CUP=3, POT=1), with_units("assigned", 2, CUP=2))

    with pytest.raises(UnitsHaveLeft) as cups:
        reduce_fulfillments(order, {"CUP": 3})
    with pytest.raises(UnitsHaveLeft) as pots:
        reduce_fulfillments(order, {"CUP": 2, "POT": 1})

    assert cups.value.facts == {"sku": "CUP", "possible": 2}
    assert pots.value.facts == {"sku": "POT", "possible": 0}
    assert cancelled_from(reduce_fulfillments(order, {"CUP": 2})) == [("assigned", {"CUP": 2})]


def test_units_are_taken_from_the_fulfillments_that_are_least_advanced() -> None:
    statuses = ("ready", "in_transit", "picking", "accepted", "assigned", "awaiting")
    order = an_order({"CUP": 6}, *(with_units(status, number, CUP=1) for number, status in enumerate(statuses)))

    reduced = reduce_fulfillments(order, {"CUP": 5})

    assert [item.before.status for item in reduced] == ["awaiting", "assigned", "accepted", "picking", "ready"]
    assert [item.before.status for item in reduce_fulfillments(order, {"CUP": 2})] == ["awaiting", "assigned"]


def test_goods_that_came_back_are_taken_first_and_the_newest_among_equals() -> None:
    old, new, back = (
        with_units("assigned", 1, CUP=1),
        with_units("assigned", 2, CUP=1),
        with_units("back_at_location", 3, CUP=1),
    )
    order = an_order({"CUP": 3}, old, new, back)

    assert [item.before for item in reduce_fulfillments(order, {"CUP": 3})] == [back, new, old]
    assert [item.before for item in reduce_fulfillments(order, {"CUP": 1})] == [back]


def test_units_without_a_fulfillment_are_cancelled_first() -> None:
    order = an_order({"CUP": 5, "POT": 2}, with_units("assigned", CUP=3, POT=2))

    assert reduce_fulfillments(order, {"CUP": 1}) == []
    assert reduce_fulfillments(order, {"CUP": 2}) == []
    assert cancelled_from(reduce_fulfillments(order, {"CUP": 3})) == [("assigned", {"CUP": 1})]
    assert cancelled_from(reduce_fulfillments(order, {"CUP": 1, "POT": 1})) == [("assigned", {"POT": 1})]


def test_a_fulfillment_keeps_what_is_not_cancelled() -> None:
    fulfillment = a_fulfillment(
        "picking", version=4, allocations=(Allocation("CUP", "wh", 3), Allocation("POT", "wh", 1))
    )

    [reduced] = reduce_fulfillments(an_order({"CUP": 3, "POT": 1}, fulfillment), {"CUP": 2})

    rest = (Allocation("CUP", "wh", 1), Allocation("POT", "wh", 1))
    assert reduced == ReducedFulfillment(
        fulfillment, replace(fulfillment, allocations=rest, version=5), (Allocation("CUP", "wh", 2),)
    )


def test_a_fulfillment_without_units_is_cancelled_and_keeps_its_list_of_goods() -> None:
    fulfillment = with_units("ready", CUP=3)

    [reduced] = reduce_fulfillments(an_order({"CUP": 3, "POT": 1}, fulfillment), {"CUP": 3})

    ended = replace(fulfillment, status="cancelled", reason="units_cancelled", version=fulfillment.version + 1)
    assert reduced == ReducedFulfillment(fulfillment, ended, (Allocation("CUP", "wh", 3),))


def test_goods_that_came_back_leave_as_a_whole_and_are_not_released_from_stock_again() -> None:
    back, other = with_units("back_at_location", 1, CUP=3, POT=1), with_units("assigned", 2, CUP=2)

    [reduced] = reduce_fulfillments(an_order({"CUP": 5, "POT": 1}, back, other), {"CUP": 1})

    assert reduced == ReducedFulfillment(back, replace(back, status="returned", version=back.version + 1), ())


def test_units_beyond_those_that_came_back_are_taken_from_the_next_fulfillment() -> None:
    back, other = with_units("back_at_location", 1, CUP=3), with_units("assigned", 2, CUP=2)

    reduced = reduce_fulfillments(an_order({"CUP": 5}, back, other), {"CUP": 4})

    assert cancelled_from(reduced) == [("back_at_location", {}), ("assigned", {"CUP": 1})]


def test_units_are_taken_in_the_order_of_the_allocations_from_their_own_bucket() -> None:
    here, later, pot = Allocation("CUP", "wh", 2, 1), Allocation("CUP", "wh", 3, FIFTH), Allocation("POT", "wh", 1)

    assert take_units((here, pot, later), {"CUP": 3}) == (
        (here, replace(later, quantity=1)),
        (pot, replace(later, quantity=2)),
    )
    assert take_units((here, pot), {"CUP": 2, "POT": 1}) == ((here, pot), ())
    assert take_units((here, pot), {"CUP": 9, "POT": 0}) == ((here,), (pot,))
    assert take_units((here, later), {}) == ((), (here, later))
    assert take_units((here, pot), {"CUP": -1}) == ((), (here, pot))
    assert take_units((here, later), {"CUP": 1}) == ((replace(here, quantity=1),), (replace(here, quantity=1), later))


def test_the_wanted_units_of_the_caller_are_not_changed() -> None:
    wanted = {"CUP": 2}

    take_units((Allocation("CUP", "wh", 1),), wanted)

    assert wanted == {"CUP": 2}


def test_only_units_still_expected_count_by_their_promised_day() -> None:
    allocations = (
        Allocation("CUP", "wh", 2, FIFTH),
        *(Allocation("CUP", "wh", 4), Allocation("CUP", "other", 1, FIFTH)),
        *(Allocation("CUP", "wh", 3, TENTH), Allocation("POT", "wh", 5, TENTH)),
    )

    assert days_of_backorders(allocations) == {"CUP": {"2026-12-05": 3, "2026-12-10": 3}, "POT": {"2026-12-10": 5}}
    assert days_of_backorders(()) == {}


def offer_after(offer: Offer, demand: Mapping[str, int], *fulfillments: Fulfillment) -> Offer | None:
    return reduce_offer(offer, demand, fulfillments)


def test_an_offer_stays_open_for_the_units_that_remain_to_be_delivered() -> None:
    offer = an_offer(demand={"CUP": 3, "POT": 1})
    assigned = with_units("assigned", CUP=2)

    assert offer_after(offer, {"CUP": 2}, assigned) == replace(offer, demand={"CUP": 2}, version=offer.version + 1)


def test_an_offer_stays_as_it_is_when_none_of_its_units_are_cancelled() -> None:
    offer = an_offer(demand={"CUP": 2})
    listed, other = with_units("assigned", 1, CUP=2), with_units("assigned", 2, POT=1)

    assert offer_after(offer, {"CUP": 2, "POT": 1}, listed, other) is None
    assert offer_after(offer, {"CUP": 2}) is None
    assert offer_after(offer, {"CUP": 5}, replace(listed, status="awaiting")) is None


def test_units_of_an_offer_are_partly_assigned_and_partly_without_a_fulfillment() -> None:
    offer = an_offer(demand={"CUP": 3})

    assert offer_after(offer, {"CUP": 3}, with_units("assigned", CUP=2)) is None
    assert offer_after(offer, {"CUP": 4}, with_units("assigned", CUP=2)) is None


def test_an_offer_without_units_is_superseded() -> None:
    offer = an_offer(demand={"CUP": 2})
    superseded = replace(offer, status="superseded", version=offer.version + 1)

    assert offer_after(offer, {"POT": 1}, with_units("assigned", POT=1)) == superseded
    assert offer_after(offer, {"POT": 1}, with_units("cancelled", CUP=2)) == superseded


def test_units_of_other_fulfillments_or_of_those_already_begun_are_not_offered() -> None:
    offer = an_offer(demand={"CUP": 2})
    superseded = replace(offer, status="superseded", version=offer.version + 1)

    assert offer_after(offer, {"CUP": 2}, with_units("assigned", 2, CUP=2)) == superseded
    assert offer_after(offer, {"CUP": 2}, with_units("accepted", 1, CUP=2)) == superseded


@st.composite
def fulfillments(draw: Any, number: int) -> Fulfillment:
    units = draw(st.lists(st.tuples(st.sampled_from(["CUP", "POT"]), st.integers(1, 5)), min_size=1, max_size=3))
    allocations = tuple(
        Allocation(sku, "wh", quantity, draw(st.sampled_from([0, 1, FIFTH]))) for sku, quantity in units
    )
    return a_fulfillment(draw(st.sampled_from(list(FulfillmentStatus))), number=number, allocations=allocations)


@st.composite
def orders(draw: Any) -> OrderFulfillment:
    placed = [draw(fulfillments(number)) for number in range(draw(st.integers(0, 4)))]
    assigned = assigned_quantities(placed)
    demand = {sku: assigned.get(sku, 0) + draw(st.integers(0, 3)) for sku in ("CUP", "POT")}
    return an_order(demand, *placed)


@settings(max_examples=100, deadline=None)
@given(order=orders(), data=st.data())
def test_the_units_of_any_cancellation_are_no_longer_assigned_and_all_others_are_or_are_routed_again(
    order: OrderFulfillment, data: st.DataObject
) -> None:
    possible = count_cancellable(order)
    wanted = {sku: data.draw(st.integers(0, quantity)) for sku, quantity in possible.items()}
    back = [item for item in order.fulfillments if item.status == "back_at_location"]

    reduced = reduce_fulfillments(order, wanted)
    after = order.with_changed(*(item.after for item in reduced))

    demand = {sku: quantity - wanted.get(sku, 0) for sku, quantity in order.order.demand.items()}
    assigned, open_units = assigned_quantities(after), unassigned_quantities(demand, after)
    assert {sku: assigned.get(sku, 0) + open_units.get(sku, 0) for sku in demand} == demand
    untouched = [item for item in exclude_withdrawn(after) if item in order.fulfillments]
    assert all(item.after.version == item.before.version + 1 for item in reduced)
    assert len(untouched) + len(reduced) == len(exclude_withdrawn(order.fulfillments))
    assert all((item.before in back) == (item.cancelled == ()) for item in reduced)

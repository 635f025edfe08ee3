"""Transition tables and pure functions of offers and fulfillments."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.fulfillment.model import (
    ENDED,
    FULFILLMENT_TRANSITIONS,
    OFFER_TRANSITIONS,
    VAN_TRANSITIONS,
    AlreadyClaimed,
    CannotMove,
    FulfillmentRef,
    FulfillmentStatus,
    NotInvited,
    OfferEnded,
    OfferStatus,
    OrderFulfillment,
    OrderNotPlaced,
    OrderWasCancelled,
    WarehouseAccepted,
    apply_claim,
    apply_decline,
    awaiting_refs,
    build_fulfillment_id,
    build_offer_id,
    check_not_cancelled,
    check_placed,
    count_claim_writes,
    derive_order_status,
    fulfillment_refs,
    is_ready_to_collect,
    order_id_from,
    refusal_if_closed,
    refusal_of_lost_claim,
    startable_refs,
    transition_fulfillment,
    transition_offer,
    unassigned_quantities,
)
from chalicelib.kit.errors import NotFound, StaleVersion
from chalicelib.kit.money import Money
from chalicelib.orders.model import FULFILLMENT_TRANSITIONS as ORDER_TRANSITIONS
from chalicelib.orders.model import Delivery, Order, OrderLine, OrderStatus
from chalicelib.stock.model import Allocation
from tests.fulfillment.build import NOON, a_fulfillment, an_offer

DEMAND = {"TEAPOT": 2}
NOTHING = Money(0, "IDR")
AN_ORDER = Order(
    *("ord_1", "S-1", "web", NOON, "placed", "unpaid", "assigned"),
    *((), Delivery("ship"), NOTHING, NOTHING, "web"),
)


@pytest.mark.parametrize(
    ("table", "start"), [(OFFER_TRANSITIONS, OfferStatus.OPEN), (FULFILLMENT_TRANSITIONS, FulfillmentStatus.AWAITING)]
)
def test_every_state_can_be_reached_and_leads_to_known_ones(table: dict[str, set[str]], start: str) -> None:
    reached, pending = set(), {start}
    while pending:
        reached |= pending
        pending = {to for state in pending for to in table[state]} - reached

    assert reached == set(table) == set(type(start))


def test_final_states_have_no_transitions() -> None:
    final_states = {state for state, targets in FULFILLMENT_TRANSITIONS.items() if not targets}

    assert final_states == {"confirmed", "handed_over", "returned", "rejected", "cancelled"}
    assert final_states | {"delivered", "back_at_location"} == ENDED
    assert {state for state, targets in OFFER_TRANSITIONS.items() if not targets} == set(OFFER_TRANSITIONS) - {"open"}


def test_every_transition_is_accepted_or_refused_by_the_table() -> None:
    for state, targets in FULFILLMENT_TRANSITIONS.items():
        for to in FULFILLMENT_TRANSITIONS:
            fulfillment = a_fulfillment(state)
            if to in targets:
                assert (
                    transition_fulfillment(fulfillment, to).status,
                    transition_fulfillment(fulfillment, to).version,
                ) == (
                    to,
                    fulfillment.version + 1,
                )
            else:
                with pytest.raises(CannotMove) as refused:
                    transition_fulfillment(fulfillment, to)
                assert refused.value.facts == {"from": state, "to": to}


def test_only_van_fulfillments_may_skip_picking() -> None:
    assert VAN_TRANSITIONS["accepted"] == {"ready", "in_transit", "handed_over"}
    assert transition_fulfillment(a_fulfillment("accepted", kind="van"), "in_transit").status == "in_transit"
    with pytest.raises(CannotMove):
        transition_fulfillment(a_fulfillment("accepted"), "in_transit")


def test_an_invited_salesman_can_claim_an_open_offer() -> None:
    won = apply_claim(an_offer(), "dewi", NOON)

    assert (won.status, won.claimed_by, won.version) == ("claimed", "dewi", 2)


def test_an_uninvited_salesman_cannot_claim() -> None:
    with pytest.raises(NotInvited) as refused:
        apply_claim(an_offer(), "somebody", NOON)

    assert refused.value.facts == {"offer": "off_1-1"}


def test_the_refusal_of_a_closed_offer_names_what_closed_it() -> None:
    later = NOON + timedelta(minutes=10)

    refusals = [
        refusal_if_closed(an_offer(status="claimed"), NOON),
        refusal_if_closed(an_offer(status="superseded"), NOON),
        refusal_if_closed(an_offer(), later),
        refusal_if_closed(an_offer(status="declined_by_all"), NOON),
    ]

    assert refusal_if_closed(an_offer(), NOON) is None
    assert [type(refusal) for refusal in refusals] == [AlreadyClaimed, WarehouseAccepted, OfferEnded, OfferEnded]
    assert all(refusal.facts == {"offer": "off_1-1"} for refusal in refusals)
    assert OfferEnded(offer="off_1-1").code == "offer_expired"


def test_only_an_open_offer_is_due_from_its_expiry_on() -> None:
    end = an_offer().expires_at

    assert an_offer().is_due(end) is True
    assert an_offer().is_due(end - timedelta(milliseconds=1)) is False
    assert an_offer(status="claimed").is_due(end) is False


def test_only_the_last_decline_closes_an_offer() -> None:
    first = apply_decline(an_offer(), "budi", NOON)
    again = apply_decline(first, "budi", NOON)
    last = apply_decline(again, "dewi", NOON)

    assert (first.status, again.status, last.status) == ("open", "open", "declined_by_all")
    assert last.declined_by == ("budi", "dewi")


def test_a_closed_offer_has_no_transitions() -> None:
    with pytest.raises(CannotMove) as refused:
        transition_offer(an_offer(status="expired"), "claimed")

    assert refused.value.facts == {"from": "expired", "to": "claimed"}


def test_ids_lead_back_to_their_order() -> None:
    assert order_id_from(build_fulfillment_id("ord_01KB", 2)) == "ord_01KB"
    assert order_id_from(build_offer_id("ord_01KB", 1)) == "ord_01KB"
    assert order_id_from("ful_01_K-B-2") == "ord_01_K-B"
    assert order_id_from("nonsense") == "ord_"


@pytest.mark.parametrize(
    ("states", "has_open_offer", "status"),
    [
        ([], False, "unassigned"),
        ([], True, "offered"),
        (["assigned"], False, "assigned"),
        (["assigned"], True, "offered"),
        (["awaiting"], False, "unassigned"),
        (["awaiting"], True, "offered"),
        (["awaiting", "assigned"], False, "assigned"),
        (["cancelled", "accepted"], False, "assigned"),
        (["in_transit"], False, "shipped"),
        (["failed_attempt"], False, "shipped"),
        (["delivered"], False, "delivered"),
        (["handed_over"], False, "delivered"),
        (["rejected"], False, "unassigned"),
        (["back_at_location"], False, "returned"),
        (["back_at_location", "in_transit"], False, "shipped"),
        (["back_at_location", "delivered", "failed_attempt"], False, "shipped"),
        (["delivered", "confirmed", "handed_over"], False, "delivered"),
        (
            ["delivered", "confirmed", "handed_over", "in_transit", "failed_attempt", "back_at_location"],
            False,
            "shipped",
        ),
    ],
)
def test_order_status_is_derived_from_fulfillments(states: list[str], has_open_offer: bool, status: str) -> None:
    fulfillments = [a_fulfillment(state, number=number) for number, state in enumerate(states)]

    assert derive_order_status(DEMAND, fulfillments, has_open_offer) == status


def test_one_of_two_fulfillments_shipped_is_partly_shipped() -> None:
    fulfillments = [a_fulfillment_of_one_unit("wh-a", "delivered"), a_fulfillment_of_one_unit("wh-b", "accepted")]

    assert derive_order_status(DEMAND, fulfillments, has_open_offer=False) == "partly_shipped"
    assert (
        derive_order_status(
            DEMAND, [fulfillments[0], a_fulfillment_of_one_unit("wh-b", "delivered")], has_open_offer=False
        )
        == "delivered"
    )


def test_an_order_with_one_part_back_and_one_not_shipped_is_partly_shipped() -> None:
    """Regression (seed 647): the order could be cancelled, which released units allocated to another order."""
    fulfillments = [
        a_fulfillment_of_one_unit("wh-a", "back_at_location"),
        a_fulfillment_of_one_unit("wh-b", "accepted"),
    ]

    assert derive_order_status(DEMAND, fulfillments, has_open_offer=False) == "partly_shipped"


def test_a_rejected_part_keeps_the_order_partly_shipped() -> None:
    fulfillments = [a_fulfillment_of_one_unit("wh-a", "delivered"), a_fulfillment_of_one_unit("wh-b", "rejected")]

    assert unassigned_quantities(DEMAND, fulfillments) == {"TEAPOT": 1}
    assert derive_order_status(DEMAND, fulfillments, has_open_offer=False) == "partly_shipped"


def test_a_part_back_at_its_location_counts_as_shipped() -> None:
    fulfillments = [a_fulfillment_of_one_unit("wh-a", "back_at_location")]

    assert unassigned_quantities(DEMAND, fulfillments) == {"TEAPOT": 1}
    assert derive_order_status(DEMAND, fulfillments, has_open_offer=False) == "partly_shipped"
    assert derive_order_status(DEMAND, fulfillments, has_open_offer=True) == "partly_shipped"


def test_an_order_without_lines_is_unassigned() -> None:
    assert derive_order_status({}, [], has_open_offer=False) == "unassigned"


def test_unassigned_quantities_are_demand_minus_assigned() -> None:
    assert unassigned_quantities({"TEAPOT": 2, "CUP": 1}, [a_fulfillment()]) == {"CUP": 1}
    assert unassigned_quantities({"TEAPOT": 1}, [a_fulfillment()]) == {}


def test_refs_separate_startable_from_awaiting_fulfillments() -> None:
    startable, awaiting = a_fulfillment(number=1), a_fulfillment("awaiting", number=2, location="wh-b")

    assert startable_refs([startable, awaiting]) == (FulfillmentRef("ful_1-1", "wh"),)
    assert awaiting_refs([startable, awaiting]) == (FulfillmentRef("ful_1-2", "wh-b"),)
    assert fulfillment_refs([startable, awaiting]) == (
        FulfillmentRef("ful_1-1", "wh"),
        FulfillmentRef("ful_1-2", "wh-b"),
    )


def test_every_derived_status_is_an_order_status() -> None:
    derived = {"unassigned", "offered", "assigned", "partly_shipped", "shipped", "delivered", "returned"}

    assert derived <= set(ORDER_TRANSITIONS)


def test_a_held_order_takes_twice_the_writes_to_claim() -> None:
    assert count_claim_writes(pieces=3, skus=3, on_hold=False, parts=1) == 12
    assert count_claim_writes(pieces=3, skus=3, on_hold=True, parts=1) == 18


def test_a_lost_claim_without_a_visible_winner_is_retried() -> None:
    assert isinstance(refusal_of_lost_claim(None, NOON), StaleVersion)
    assert isinstance(refusal_of_lost_claim(an_offer(version=2), NOON), StaleVersion)
    assert isinstance(refusal_of_lost_claim(an_offer(status="superseded"), NOON), StaleVersion)
    assert isinstance(refusal_of_lost_claim(an_offer(status="claimed"), NOON), AlreadyClaimed)


def test_fulfillments_and_offers_are_found_by_id() -> None:
    fulfillments, offers = (
        (a_fulfillment(number=1), a_fulfillment(number=2)),
        (an_offer(status="expired"), an_offer(id="off_1-2")),
    )
    order_fulfillment = OrderFulfillment(AN_ORDER, fulfillments, offers)

    assert [order_fulfillment.fulfillment("ful_1-1"), order_fulfillment.fulfillment("ful_1-2")] == list(fulfillments)
    assert [order_fulfillment.offer("off_1-1"), order_fulfillment.offer("off_1-2")] == list(offers)
    assert order_fulfillment.open_offer == offers[1]
    assert OrderFulfillment(AN_ORDER, fulfillments, offers[:1]).open_offer is None


def test_unknown_fulfillments_and_offers_are_not_found() -> None:
    with pytest.raises(NotFound):
        OrderFulfillment(AN_ORDER, (a_fulfillment(),)).fulfillment("ful_1-2")
    with pytest.raises(NotFound):
        OrderFulfillment(AN_ORDER, offers=(an_offer(),)).offer("off_1-2")


def test_the_fulfillments_of_an_offer_are_listed_until_they_start() -> None:
    assigned, accepted, other = a_fulfillment(number=1), a_fulfillment("accepted", number=2), a_fulfillment(number=3)

    assert OrderFulfillment(AN_ORDER, (assigned, accepted, other)).list_not_started(
        an_offer(fulfillment_ids=("ful_1-1", "ful_1-2"))
    ) == [assigned]


def test_with_changed_keeps_other_fulfillments_and_appends_new_ones() -> None:
    first, second = a_fulfillment(number=1), a_fulfillment(number=2)
    accepted, new = transition_fulfillment(second, "accepted"), a_fulfillment(number=3)

    assert OrderFulfillment(AN_ORDER, (first, second)).with_changed(new, accepted) == [first, accepted, new]


def test_check_placed_refuses_a_cancelled_order() -> None:
    assert check_placed(AN_ORDER) is None
    with pytest.raises(OrderNotPlaced) as refused:
        check_placed(replace(AN_ORDER, status="cancelled"))

    assert refused.value.facts == {"order": "S-1", "order_status": "cancelled"}


def test_a_transition_stores_its_changes_and_applies_to_vans_too() -> None:
    assert transition_fulfillment(a_fulfillment(), "rejected", reason="closed").reason == "closed"
    assert transition_fulfillment(a_fulfillment("ready", kind="van"), "in_transit").status == "in_transit"


def a_fulfillment_of_one_unit(location: str, status: str) -> object:
    return a_fulfillment(
        status, location=location, id=f"ful_{location}", allocations=(Allocation("TEAPOT", location, 1),)
    )


@pytest.mark.parametrize("offer_status", [status for status in OfferStatus if status != OfferStatus.CLAIMED])
def test_an_offer_of_a_cancelled_order_is_refused_with_its_number(offer_status: OfferStatus) -> None:
    offer, cancelled = an_offer(status=offer_status), replace(AN_ORDER, status=OrderStatus.CANCELLED)

    check_not_cancelled(AN_ORDER, offer)
    with pytest.raises(OrderWasCancelled) as refused:
        check_not_cancelled(cancelled, offer)
    assert refused.value.facts == {"order": "S-1"}


def test_an_offer_that_was_claimed_before_its_order_was_cancelled_names_the_claim_instead() -> None:
    check_not_cancelled(replace(AN_ORDER, status=OrderStatus.CANCELLED), an_offer(status=OfferStatus.CLAIMED))


@pytest.mark.parametrize(
    ("states", "is_ready"),
    [
        (["ready", "ready"], True),
        (["ready", "handed_over"], True),
        (["handed_over", "handed_over"], False),
        (["ready", "picking"], False),
        (["ready", "rejected"], False),
        (["assigned", "assigned"], False),
    ],
)
def test_goods_are_ready_to_collect_when_all_wait_or_were_collected(states: list[str], is_ready: bool) -> None:
    line = OrderLine("TEAPOT", "Teapot", 4, NOTHING, NOTHING, NOTHING)
    pickup = replace(AN_ORDER, lines=(line,), delivery=Delivery("pickup"))
    fulfillments = [a_fulfillment(state, number=number) for number, state in enumerate(states)]

    assert is_ready_to_collect(pickup, fulfillments) is is_ready
    assert is_ready_to_collect(replace(pickup, delivery=Delivery("ship")), fulfillments) is False

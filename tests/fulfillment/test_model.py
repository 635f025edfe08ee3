"""States as tables, and the pure answers offers and fulfillments give."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.fulfillment.model import (
    ENDED,
    FULFILLMENT_STATES,
    OFFER_STATES,
    ON_A_VAN,
    AlreadyClaimed,
    CannotMove,
    Case,
    FulfillmentAt,
    FulfillmentStatus,
    NotInvited,
    NotOnTheWay,
    OfferEnded,
    OfferStatus,
    WarehouseAccepted,
    at,
    check_placed,
    claimed,
    declined,
    fulfillment_id,
    moved,
    offer_id,
    order_of,
    status_of_order,
    stepped,
    unserved,
    who_begins,
    who_waits,
    why_closed,
    writes_to_claim,
)
from chalicelib.kit.errors import Moved, NotFound
from chalicelib.kit.money import Money
from chalicelib.orders.model import FULFILLMENT_STATES as OF_ORDERS
from chalicelib.orders.model import Delivery, Order
from chalicelib.stock.model import Piece
from tests.fulfillment.build import NOON, a_work, an_offer

DEMAND = {"TEAPOT": 2}
NOTHING = Money(0, "IDR")
AN_ORDER = Order(
    *("ord_1", "S-1", "web", NOON, "placed", "unpaid", "assigned"),
    *((), Delivery("ship"), NOTHING, NOTHING, "web"),
)


@pytest.mark.parametrize(
    ("table", "start"), [(OFFER_STATES, OfferStatus.OPEN), (FULFILLMENT_STATES, FulfillmentStatus.AWAITING)]
)
def test_every_state_can_be_reached_and_leads_to_known_ones(table: dict[str, set[str]], start: str) -> None:
    reached, ahead = set(), {start}
    while ahead:
        reached |= ahead
        ahead = {to for state in ahead for to in table[state]} - reached

    assert reached == set(table) == set(type(start))


def test_ends_are_ends() -> None:
    ends = {state for state, ways in FULFILLMENT_STATES.items() if not ways}

    assert ends == {"confirmed", "handed_over", "back_at_location", "rejected", "cancelled"}
    assert ends | {"delivered"} == ENDED
    assert {state for state, ways in OFFER_STATES.items() if not ways} == set(OFFER_STATES) - {"open"}


def test_every_step_is_taken_or_refused_as_the_table_says() -> None:
    for state, ways in FULFILLMENT_STATES.items():
        for to in FULFILLMENT_STATES:
            work = a_work(state)
            if to in ways:
                assert (stepped(work, to).status, stepped(work, to).version) == (to, work.version + 1)
            else:
                with pytest.raises(CannotMove) as refused:
                    stepped(work, to)
                assert refused.value.facts == {"from": state, "to": to}


def test_only_on_a_van_may_goods_leave_unpicked() -> None:
    assert ON_A_VAN["accepted"] == {"ready", "in_transit", "handed_over"}
    assert stepped(a_work("accepted", kind="van"), "in_transit").status == "in_transit"
    with pytest.raises(CannotMove):
        stepped(a_work("accepted"), "in_transit")


def test_an_open_offer_goes_to_an_invited_salesman() -> None:
    won = claimed(an_offer(), "dewi", NOON)

    assert (won.status, won.claimed_by, won.version) == ("claimed", "dewi", 2)


def test_a_stranger_cannot_claim() -> None:
    with pytest.raises(NotInvited) as refused:
        claimed(an_offer(), "somebody", NOON)

    assert refused.value.facts == {"offer": "off_1-1"}


def test_a_closed_offer_says_what_closed_it() -> None:
    later = NOON + timedelta(minutes=10)

    said = [
        why_closed(an_offer(status="claimed"), NOON),
        why_closed(an_offer(status="superseded"), NOON),
        why_closed(an_offer(), later),
        why_closed(an_offer(status="declined_by_all"), NOON),
    ]

    assert why_closed(an_offer(), NOON) is None
    assert [type(each) for each in said] == [AlreadyClaimed, WarehouseAccepted, OfferEnded, OfferEnded]
    assert all(each.facts == {"offer": "off_1-1"} for each in said)
    assert OfferEnded(offer="off_1-1").code == "offer_expired"


def test_only_an_open_offer_falls_due_and_at_its_very_end() -> None:
    end = an_offer().expires_at

    assert an_offer().is_due(end) is True
    assert an_offer().is_due(end - timedelta(milliseconds=1)) is False
    assert an_offer(status="claimed").is_due(end) is False


def test_the_last_no_closes_an_offer_and_the_first_does_not() -> None:
    first = declined(an_offer(), "budi", NOON)
    again = declined(first, "budi", NOON)
    last = declined(again, "dewi", NOON)

    assert (first.status, again.status, last.status) == ("open", "open", "declined_by_all")
    assert last.declined == ("budi", "dewi")


def test_a_closed_offer_moves_nowhere() -> None:
    with pytest.raises(CannotMove) as refused:
        moved(an_offer(status="expired"), "claimed")

    assert refused.value.facts == {"from": "expired", "to": "claimed"}


def test_ids_lead_back_to_their_order() -> None:
    assert order_of(fulfillment_id("ord_01KB", 2)) == "ord_01KB"
    assert order_of(offer_id("ord_01KB", 1)) == "ord_01KB"
    assert order_of("ful_01_K-B-2") == "ord_01_K-B"
    assert order_of("nonsense") == "ord_"


@pytest.mark.parametrize(
    ("states", "offered", "says"),
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
def test_the_orders_status_follows_from_its_work(states: list[str], offered: bool, says: str) -> None:
    works = [a_work(state, number=number) for number, state in enumerate(states)]

    assert status_of_order(DEMAND, works, offered) == says


def test_of_two_parts_one_gone_is_partly_shipped() -> None:
    works = [_part("wh-a", "delivered"), _part("wh-b", "accepted")]

    assert status_of_order(DEMAND, works, offered=False) == "partly_shipped"
    assert status_of_order(DEMAND, [works[0], _part("wh-b", "delivered")], offered=False) == "delivered"


def test_an_order_of_which_a_part_came_back_while_the_rest_is_still_here_is_on_its_way() -> None:
    """Seed 647: it could be cancelled, which released units at the shelf that no longer owed it any: another's."""
    works = [_part("wh-a", "back_at_location"), _part("wh-b", "accepted")]

    assert status_of_order(DEMAND, works, offered=False) == "partly_shipped"


def test_a_part_given_up_keeps_the_rest_from_being_the_whole() -> None:
    works = [_part("wh-a", "delivered"), _part("wh-b", "rejected")]

    assert unserved(DEMAND, works) == {"TEAPOT": 1}
    assert status_of_order(DEMAND, works, offered=False) == "partly_shipped"


def test_a_part_that_came_back_was_on_its_way_whatever_becomes_of_the_rest() -> None:
    works = [_part("wh-a", "back_at_location")]

    assert unserved(DEMAND, works) == {"TEAPOT": 1}
    assert status_of_order(DEMAND, works, offered=False) == "partly_shipped"
    assert status_of_order(DEMAND, works, offered=True) == "partly_shipped"


def test_an_order_without_lines_is_brought_by_nobody() -> None:
    assert status_of_order({}, [], offered=False) == "unassigned"


def test_what_nobody_brings_is_missing_whole() -> None:
    assert unserved({"TEAPOT": 2, "CUP": 1}, [a_work()]) == {"CUP": 1}
    assert unserved({"TEAPOT": 1}, [a_work()]) == {}


def test_new_work_is_told_by_who_can_begin_and_who_waits_for_goods_first() -> None:
    begins, waits = a_work(number=1), a_work("awaiting", number=2, location="wh-b")

    assert who_begins([begins, waits]) == (FulfillmentAt("ful_1-1", "wh"),)
    assert who_waits([begins, waits]) == (FulfillmentAt("ful_1-2", "wh-b"),)
    assert at([begins, waits]) == (FulfillmentAt("ful_1-1", "wh"), FulfillmentAt("ful_1-2", "wh-b"))


def test_all_statuses_are_words_orders_know() -> None:
    said = {"unassigned", "offered", "assigned", "partly_shipped", "shipped", "delivered", "returned"}

    assert said <= set(OF_ORDERS)


def test_a_held_order_takes_twice_the_writes_to_claim() -> None:
    assert writes_to_claim(pieces=3, skus=3, on_hold=False, parts=1) == 12
    assert writes_to_claim(pieces=3, skus=3, on_hold=True, parts=1) == 18


def test_a_lost_race_whose_winner_is_not_seen_is_decided_anew() -> None:
    from chalicelib.fulfillment.model import why_not_claimed

    assert isinstance(why_not_claimed(None, NOON), Moved)
    assert isinstance(why_not_claimed(an_offer(version=2), NOON), Moved)
    assert isinstance(why_not_claimed(an_offer(status="claimed"), NOON), AlreadyClaimed)


def test_a_case_finds_its_work_and_its_offers_by_their_ids() -> None:
    works, offers = (a_work(number=1), a_work(number=2)), (an_offer(status="expired"), an_offer(id="off_1-2"))
    case = Case(AN_ORDER, works, offers)

    assert [case.work("ful_1-1"), case.work("ful_1-2")] == list(works)
    assert [case.offer("off_1-1"), case.offer("off_1-2")] == list(offers)
    assert case.open_offer == offers[1]
    assert Case(AN_ORDER, works, offers[:1]).open_offer is None


def test_what_a_case_does_not_hold_is_not_found() -> None:
    with pytest.raises(NotFound):
        Case(AN_ORDER, (a_work(),)).work("ful_1-2")
    with pytest.raises(NotFound):
        Case(AN_ORDER, offers=(an_offer(),)).offer("off_1-2")


def test_those_an_offer_names_wait_until_they_begin() -> None:
    asked, begun, other = a_work(number=1), a_work("accepted", number=2), a_work(number=3)

    assert Case(AN_ORDER, (asked, begun, other)).waiting(an_offer(assigned=("ful_1-1", "ful_1-2"))) == [asked]


def test_after_a_step_all_other_work_stands_as_it_was_and_new_work_comes_last() -> None:
    first, second = a_work(number=1), a_work(number=2)
    begun, new = stepped(second, "accepted"), a_work(number=3)

    assert Case(AN_ORDER, (first, second)).after(new, begun) == [first, begun, new]


def test_no_work_goes_on_for_an_order_that_is_over() -> None:
    assert check_placed(AN_ORDER) is None
    with pytest.raises(NotOnTheWay) as refused:
        check_placed(replace(AN_ORDER, status="cancelled"))

    assert refused.value.facts == {"order": "ord_1", "status": "cancelled"}


def test_a_step_notes_what_it_changes_and_a_van_that_has_begun_steps_like_others() -> None:
    assert stepped(a_work(), "rejected", reason="closed").reason == "closed"
    assert stepped(a_work("ready", kind="van"), "in_transit").status == "in_transit"


def _part(location: str, status: str) -> object:
    return a_work(status, location=location, id=f"ful_{location}", pieces=(Piece("TEAPOT", location, 1),))

import pytest

from chalicelib.kit import db
from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.kit.money import Money
from chalicelib.payments import shift_store
from chalicelib.payments.handover import hand_over
from chalicelib.payments.model import EmptyDrawer, NoOpenShift, NotEnoughCash, ShiftNotOpen, build_cash_bag
from chalicelib.payments.shift import count_shift
from tests.client import call
from tests.payments.build import (
    AGUS,
    MAYA,
    SINTA,
    TONO,
    an_open_shift,
    list_messages,
    load_shift,
    rupiah,
    sell_for_cash,
)
from tests.shop import open_shop, token


def a_cash_bag_with(minor):
    bag = build_cash_bag(AGUS.id, "IDR")
    db.commit([shift_store.add_cash(bag, rupiah(minor))])
    return bag


def test_the_receiver_confirms_that_a_couriers_cash_moves_to_the_store_till(aws):
    bag, shift = a_cash_bag_with(300), an_open_shift(SINTA, opening=50, till="till-1")

    body = hand_over(SINTA, bag.id, rupiah(200))

    assert (load_shift(bag.id).expected, load_shift(shift.id).expected) == (rupiah(100), rupiah(250))
    [entry] = list_messages(f"handover#{body['id']}")
    assert entry["actor"] == SINTA.id
    assert entry["body"]["postings"] == [
        {"account": "till:till-1", "minor": 200},
        {"account": "till:cod:courier-agus", "minor": -200},
    ]
    assert body == {
        "id": body["id"],
        "from_shift": bag.id,
        "from_till": bag.till,
        "to_shift": shift.id,
        "to_till": "till-1",
        "amount": {"amount": 200, "currency": "IDR"},
    }


def test_without_an_amount_all_cash_is_handed_over_and_finance_receives_into_the_safe(aws):
    giver = an_open_shift(AGUS, opening=10)
    sell_for_cash(giver, 90)

    body = hand_over(MAYA, giver.id, None)

    assert (body["amount"]["amount"], body["to_till"]) == (100, "safe")
    assert load_shift(giver.id).expected == rupiah(0)
    with pytest.raises(EmptyDrawer):
        hand_over(MAYA, giver.id, None)


def test_handing_over_more_than_the_expected_cash_is_refused(aws):
    bag, shift = a_cash_bag_with(300), an_open_shift(SINTA)

    with pytest.raises(NotEnoughCash):
        hand_over(SINTA, bag.id, rupiah(301))

    assert (load_shift(bag.id).expected, load_shift(shift.id).expected) == (rupiah(300), rupiah(0))


def test_concurrent_handovers_of_the_same_cash_succeed_once(aws, monkeypatch):
    bag, first, second = a_cash_bag_with(300), an_open_shift(SINTA, till="a"), an_open_shift(TONO, till="b")
    find_shift, competitors = shift_store.find_shift, [TONO]

    def read_then_lose_the_race(shift_id):
        shift = find_shift(shift_id)
        if competitors:
            hand_over(competitors.pop(), bag.id, rupiah(300))
        return shift

    monkeypatch.setattr(shift_store, "find_shift", read_then_lose_the_race)

    with pytest.raises(NotEnoughCash):
        hand_over(SINTA, bag.id, rupiah(300))

    assert [load_shift(shift.id).expected.minor for shift in (bag, first, second)] == [0, 0, 300]


def test_a_counted_shift_cannot_hand_over_cash(aws):
    giver = an_open_shift(AGUS, opening=10)
    count_shift(AGUS, giver.id, rupiah(10))

    with pytest.raises(ShiftNotOpen):
        hand_over(MAYA, giver.id, rupiah(10))


def test_a_handover_from_oneself_from_an_unknown_shift_or_without_an_open_shift_is_refused(aws):
    open_shop()
    bag, mine = a_cash_bag_with(300), an_open_shift(SINTA)

    own = call("POST", f"/api/shifts/{mine.id}/handover", {}, token=token(SINTA.id), key="k" * 20)
    assert (own.status, own.json["code"], own.json["shift_id"]) == (409, "own_cash", mine.id)
    with pytest.raises(NotFound):
        hand_over(SINTA, "shf_unknown", rupiah(1))
    with pytest.raises(NoOpenShift):
        hand_over(TONO, bag.id, rupiah(1))
    with pytest.raises(Invalid):
        hand_over(SINTA, bag.id, Money(1, "USD"))

    assert load_shift(bag.id).expected == rupiah(300)


def test_cash_in_bags_is_listed_until_it_is_handed_over(aws):
    open_shop()
    bag = a_cash_bag_with(300)
    an_open_shift(SINTA)
    listed = call("GET", "/api/cash-bags", token=token(SINTA.id)).json["items"]

    hand_over(SINTA, bag.id, rupiah(300))

    assert [(item["id"], item["name"], item["expected"]) for item in listed] == [
        (bag.id, "Agus", rupiah(300).to_json())
    ]
    assert call("GET", "/api/cash-bags", token=token(SINTA.id)).json["items"] == []

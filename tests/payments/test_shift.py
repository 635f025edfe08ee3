import pytest

from chalicelib.kit import db
from chalicelib.kit.errors import Invalid, NotFound
from chalicelib.kit.events import read_records
from chalicelib.kit.idempotency import KeyReused, Replay
from chalicelib.kit.money import Money
from chalicelib.payments import find, shift_store
from chalicelib.payments.model import (
    BagStaysOpen,
    Posting,
    ShiftAlreadyOpen,
    ShiftNotCounted,
    ShiftNotOpen,
    TillInUse,
    build_cash_bag,
)
from chalicelib.payments.shift import close_shift, count_shift, open_shift
from tests.payments.build import (
    MAYA,
    NOON,
    SINTA,
    TONO,
    an_idempotency_key,
    an_open_shift,
    list_messages,
    load_shift,
    rupiah,
    sell_for_cash,
    set_clock,
)


def test_a_shifts_day_books_its_variance_and_leaves_the_till_empty(aws):
    set_clock(NOON)
    shift = an_open_shift(SINTA, opening=500_000, till="till-1")
    sell_for_cash(shift, 120_000)
    sell_for_cash(shift, 30_000)

    counted = count_shift(SINTA, shift.id, rupiah(649_000))
    closed = close_shift(SINTA, shift.id, "change given too much")

    assert counted["expected"] == {"amount": 650_000, "currency": "IDR"}
    assert closed == counted | {
        "status": "closed",
        "variance": {"amount": -1_000, "currency": "IDR"},
        "reason": "change given too much",
        "closed_at": "2026-11-22T05:00:00.000Z",
    }
    assert closed == find.shift_to_json(load_shift(shift.id))
    entries = list_messages(f"shift#{shift.id}")
    assert [entry["kind"] for entry in entries] == ["ShiftOpened", "ShiftCounted", "ShiftClosed"]
    first, last = (read_records(Posting, entries[number]["body"]["postings"]) for number in (0, 2))
    assert first == (Posting("till:till-1", 500_000), Posting("safe", -500_000))
    assert last == (Posting("till:till-1", -650_000), Posting("safe", 649_000), Posting("variance", 1_000))
    assert load_shift(shift.id).version == 3


def test_a_closed_till_and_its_cashier_are_free_again(aws):
    first = an_open_shift(SINTA, till="till-1")
    count_shift(SINTA, first.id, rupiah(0))
    close_shift(SINTA, first.id)

    second = an_open_shift(SINTA, till="till-1")

    assert second.id != first.id
    assert shift_store.find_open_shift(SINTA.id).id == second.id


def test_one_person_has_one_open_shift_and_one_till_one_cashier(aws):
    mine = an_open_shift(SINTA, till="till-1")

    with pytest.raises(ShiftAlreadyOpen) as second_shift:
        open_shift(SINTA, "till-2", rupiah(0))
    with pytest.raises(TillInUse) as second_cashier:
        open_shift(TONO, "till-1", rupiah(0))

    assert second_shift.value.facts == {"shift_id": mine.id}
    assert second_cashier.value.facts == {"till": "till-1", "shift_id": mine.id}
    assert shift_store.find_open_shift(TONO.id) is None
    assert an_open_shift(TONO, till="till-2").till == "till-2"


def test_no_cash_is_added_to_a_counted_shift(aws):
    shift = an_open_shift(SINTA, opening=100)
    count_shift(SINTA, shift.id, rupiah(100))

    with pytest.raises(ShiftNotOpen) as refused:
        sell_for_cash(shift, 50)

    assert refused.value.facts["shift_status"] == "counted"
    assert shift_store.find_open_shift(SINTA.id) is None
    assert find.load_shift(SINTA, "mine").status == "counted"
    assert load_shift(shift.id).expected == rupiah(100)


def test_cash_added_while_counting_restarts_the_count(aws, monkeypatch):
    shift = an_open_shift(SINTA, opening=100)
    load, sales = find.load_shift, [50]

    def read_then_sell(*args):
        stored = load(*args)
        if sales:
            sell_for_cash(shift, sales.pop())
        return stored

    monkeypatch.setattr(find, "load_shift", read_then_sell)

    counted = count_shift(SINTA, shift.id, rupiah(100))

    assert counted["expected"]["amount"] == 150
    assert counted["variance"]["amount"] == -50
    assert [entry["body"]["expected_minor"] for entry in list_messages(f"shift#{shift.id}")[1:]] == [150]


def test_counting_again_before_closing_corrects_the_count(aws):
    shift = an_open_shift(SINTA, opening=100)

    count_shift(SINTA, shift.id, rupiah(10))
    again = count_shift(SINTA, shift.id, rupiah(100))

    assert (again["status"], again["variance"]["amount"]) == ("counted", 0)


def test_a_shift_is_closed_only_after_counting_and_closing_again_is_a_no_op(aws):
    shift = an_open_shift(SINTA, opening=100)
    with pytest.raises(ShiftNotCounted):
        close_shift(SINTA, shift.id)
    count_shift(SINTA, shift.id, rupiah(100))

    once, twice = close_shift(SINTA, shift.id, "fine"), close_shift(SINTA, shift.id, "again")

    assert once == twice
    assert len(list_messages(f"shift#{shift.id}")) == 3
    with pytest.raises(ShiftNotOpen):
        count_shift(SINTA, shift.id, rupiah(1))


def test_a_cashier_sees_only_their_own_shift_and_finance_sees_all(aws):
    shift = an_open_shift(SINTA)

    with pytest.raises(NotFound):
        find.load_shift(TONO, shift.id)
    with pytest.raises(NotFound):
        find.load_shift(TONO, "mine")

    assert find.load_shift(SINTA, "mine").id == shift.id
    assert find.load_shift(MAYA, shift.id).id == shift.id


def test_a_cash_bag_is_not_counted(aws):
    bag = build_cash_bag(SINTA.id, "IDR")
    db.commit([shift_store.add_cash(bag, rupiah(70))])
    db.commit([shift_store.add_cash(bag, rupiah(5))])

    with pytest.raises(BagStaysOpen):
        count_shift(SINTA, bag.id, rupiah(75))
    with pytest.raises(BagStaysOpen):
        close_shift(SINTA, bag.id)

    assert load_shift(bag.id).expected == rupiah(75)


def test_a_shift_accepts_only_the_shops_currency(aws):
    with pytest.raises(Invalid):
        open_shift(SINTA, "", Money(1, "USD"))
    shift = an_open_shift(SINTA)
    with pytest.raises(Invalid):
        count_shift(SINTA, shift.id, Money(1, "USD"))

    assert load_shift(shift.id).status == "open"


def test_opening_repeated_with_its_idempotency_key_answers_the_same_and_opens_nothing(aws):
    first = open_shift(SINTA, "till-1", rupiah(0), an_idempotency_key())

    with pytest.raises(Replay) as repeat:
        open_shift(SINTA, "till-1", rupiah(0), an_idempotency_key())
    with pytest.raises(KeyReused):
        open_shift(SINTA, "till-1", rupiah(5), an_idempotency_key(body="other"))

    assert repeat.value.answer == first

"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kit import db
from chalicelib.kit.journal import Head
from chalicelib.payments import ledger_store, owe, pay, shift_store, store
from chalicelib.payments.ledger import Line
from chalicelib.payments.model import AlreadyBooked, Payment, Shift, ShiftAlreadyOpen, ShiftNotOpen, TillInUse
from tests.conditions import lands, memory, refused  # noqa: F401
from tests.payments.build import NOON, TODAY, a_payment, a_receivable, rupiah

pytestmark = pytest.mark.usefixtures("memory")

DRAWER = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(100), version=1)
HEAD = Head(2, "two")


def opened(**moved: int) -> Shift:
    """The drawer as it stands after so much cash went in and out."""
    lands(*shift_store.open_shift(DRAWER))
    if into := moved.get("into"):
        lands(shift_store.cash_into(DRAWER, rupiah(into)))
    if out := moved.get("out"):
        lands(shift_store.cash_out_of(the_drawer(), rupiah(out)))
    return the_drawer()


def the_drawer() -> Shift:
    found = shift_store.load_shift("shf_1")
    assert found is not None
    return found


def counted() -> Shift:
    lands(*shift_store.count_shift(opened(), rupiah(100), HEAD))
    return the_drawer()


def test_a_payment_is_opened_once_and_saved_only_over_the_version_read():
    payment = a_payment("transfer")
    refused(store.move_payment(payment, "captured"))
    lands(store.open_payment(payment))

    refused(store.open_payment(payment))
    lands(store.move_payment(payment, "expired"))
    refused(store.move_payment(payment, "captured"))

    assert store.load_payment("pay_1") == pay.moved(payment, "expired")


def test_a_debt_is_opened_once_and_dropped_only_as_it_was_read():
    debt = a_receivable(100, settled=30)
    refused(store.drop_receivable(debt))
    lands(store.open_receivable(debt))

    refused(store.open_receivable(debt))
    refused(store.drop_receivable(a_receivable(100, settled=20)))

    lands(store.drop_receivable(debt))
    assert store.receivables_of("cus_1") == []


def test_a_debt_is_paid_only_from_where_it_was_read():
    debt = a_receivable(100)
    part = owe.after_paying(debt, rupiah(40))
    refused(*store.settle_receivable(debt, part))
    lands(store.open_receivable(debt))

    lands(*store.settle_receivable(debt, part))
    refused(*store.settle_receivable(debt, part))
    refused(*store.settle_receivable(debt, owe.after_paying(debt, rupiah(100))))

    lands(*store.settle_receivable(part, owe.after_paying(part, rupiah(60))))
    assert store.receivables_of("cus_1") == []


def a_debt(captured: int = 0) -> Payment:
    return a_payment("credit", 100, customer_id="cus_1", due_on=TODAY, captured=rupiah(captured))


@pytest.mark.parametrize("part", (40, 70, 100))
def test_other_money_pays_a_debt_only_as_it_was_read(part):
    debt = a_debt(30 if part == 70 else 0)
    refused(*store.cover_payments([(debt, rupiah(part))]))
    lands(store.open_payment(debt), store.open_receivable(owe.receivable_of(replace(debt, captured=rupiah(1)))))

    refused(*store.cover_payments([(debt, rupiah(part))]))  # its receivable moved meanwhile
    lands(db.put(store._receivable_row(owe.receivable_of(debt))))
    refused(*store.cover_payments([(replace(debt, version=2), rupiah(part))]))

    lands(*store.cover_payments([(debt, rupiah(part))]))
    assert store.load_payment(debt.id) == pay.covered(debt, rupiah(part))


LEFT_OF_IT = [
    (0, 40, [("open", 60, 0)]),
    (30, 40, [("partially_settled", 60, 30)]),
    (30, 70, [("settled", 30, 30)]),
    (0, 100, []),
]


@pytest.mark.parametrize("captured, part, rows", LEFT_OF_IT)
def test_a_receivable_says_what_other_money_left_of_its_tender(captured, part, rows):
    debt = a_debt(captured)
    lands(store.open_payment(debt), store.open_receivable(owe.receivable_of(debt)))

    lands(*store.cover_payments([(debt, rupiah(part))]))

    kept = db.query_all(store.ReceivableRow, "receivables#cus_1")
    assert [(row.status, row.amount_minor, row.settled_minor) for row in kept] == rows
    assert len(store.receivables_of("cus_1")) == sum(whole > settled for _, whole, settled in rows)


def test_what_is_to_be_paid_at_the_door_has_no_receivable():
    door = a_payment("cod", 100)
    lands(store.open_payment(door))

    lands(*store.cover_payments([(door, rupiah(30))]))

    assert store.load_payment(door.id) == pay.covered(door, rupiah(30))


def test_cash_goes_only_into_a_drawer_that_is_open():
    missing = refused(shift_store.cash_into(DRAWER, rupiah(5)), by=ShiftNotOpen)
    counted()
    closed = refused(shift_store.cash_into(DRAWER, rupiah(5)), by=ShiftNotOpen)

    assert missing.facts == {"shift_id": "shf_1", "status": "unknown"}
    assert closed.facts == {"shift_id": "shf_1", "status": "counted"}


def test_cash_leaves_an_open_drawer_whose_balance_is_as_read():
    opened()

    lands(shift_store.cash_out_of(DRAWER, rupiah(60)))  # never counted by whoever holds it
    seen = the_drawer()
    refused(shift_store.cash_out_of(DRAWER, rupiah(60)))
    lands(shift_store.cash_into(seen, rupiah(1)))
    refused(shift_store.cash_out_of(seen, rupiah(5)))

    lands(shift_store.cash_out_of(the_drawer(), rupiah(5)))
    assert the_drawer().expected == rupiah(36)


def test_no_cash_leaves_a_drawer_that_is_counted():
    refused(shift_store.cash_out_of(counted(), rupiah(5)))


def test_a_shift_is_opened_once_by_one_person_at_one_till():
    opened()

    refused(*shift_store.open_shift(replace(DRAWER, till="till-2", cashier="cashier-tono")))
    person = refused(*shift_store.open_shift(replace(DRAWER, id="shf_2", till="till-2")), by=ShiftAlreadyOpen)
    till = refused(*shift_store.open_shift(replace(DRAWER, id="shf_2", cashier="cashier-tono")), by=TillInUse)

    assert person.facts == {"shift_id": "shf_1"}
    assert till.facts == {"till": "till-1", "shift_id": "shf_1"}


def test_a_drawer_is_counted_from_the_version_and_the_balance_read():
    seen = opened(into=30, out=7)

    refused(*shift_store.count_shift(replace(seen, version=2), rupiah(123), HEAD))
    refused(*shift_store.count_shift(replace(seen, cash_in=rupiah(29)), rupiah(123), HEAD))
    refused(*shift_store.count_shift(replace(seen, cash_out=None), rupiah(123), HEAD))

    lands(*shift_store.count_shift(seen, rupiah(123), HEAD))


def test_a_drawer_is_counted_only_while_its_cashier_has_no_other():
    seen = opened()
    pointer = shift_store.ShiftRow(shift_store.shift_key(seen.cashier).pk, "shift")
    lands(db.update(pointer, shift_store.ShiftRow.id.set("shf_2")))

    refused(*shift_store.count_shift(seen, rupiah(100), HEAD))


def test_a_shift_is_closed_from_the_version_read_and_only_after_counting():
    seen = counted()

    refused(*shift_store.close_shift(replace(seen, version=1), seen, NOON, Head(3, "three")))

    lands(*shift_store.close_shift(seen, seen, NOON, Head(3, "three")))
    assert the_drawer().status == "closed"


def test_a_shift_that_is_not_counted_is_not_closed_whatever_its_version():
    seen = opened()

    refused(*shift_store.close_shift(seen, seen, NOON, HEAD))


def test_a_line_of_the_ledger_is_booked_once_and_the_sums_with_it():
    line = Line("2026-11-22", "evt_1", 0, "captured", "cash", "pos", 100, "IDR", "", payment_id="pay_1")
    lands(*ledger_store.keep_lines([line]))

    refused(*ledger_store.keep_lines([line]), by=AlreadyBooked)
    refused(*ledger_store.keep_lines([replace(line, number=1), line]), by=AlreadyBooked)

    lands(*ledger_store.keep_lines([replace(line, number=1, minor=30)]))
    assert ledger_store.posted_for(["pay_1"]) == {"pay_1": 130}
    assert [each.minor for each in ledger_store.lines_on(line.day)] == [100, 30]

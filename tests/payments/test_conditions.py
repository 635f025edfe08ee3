"""Every condition of the package's conditional writes, tested term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kit import db
from chalicelib.kit.journal import Head
from chalicelib.payments import ledger_store, lifecycle, receivables, shift_store, store
from chalicelib.payments.ledger import LedgerLine
from chalicelib.payments.model import AlreadyBooked, Payment, Shift, ShiftAlreadyOpen, ShiftNotOpen, TillInUse
from tests.conditional_writes import assert_commits, assert_refused, memory  # noqa: F401
from tests.payments.build import NOON, TODAY, a_payment, a_receivable, rupiah

pytestmark = pytest.mark.usefixtures("memory")

NEW_SHIFT = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(100), version=1)
HEAD = Head(2, "two")


def open_with_cash(cash_in: int = 0, cash_out: int = 0) -> Shift:
    """Open a shift, add and remove cash, and return it as stored."""
    assert_commits(*shift_store.open_shift(NEW_SHIFT))
    if cash_in:
        assert_commits(shift_store.add_cash(NEW_SHIFT, rupiah(cash_in)))
    if cash_out:
        assert_commits(shift_store.remove_cash(load_the_shift(), rupiah(cash_out)))
    return load_the_shift()


def load_the_shift() -> Shift:
    shift = shift_store.find_shift("shf_1")
    assert shift is not None
    return shift


def open_and_count() -> Shift:
    assert_commits(*shift_store.count_shift(open_with_cash(), rupiah(100), HEAD))
    return load_the_shift()


def test_a_payment_is_created_once_and_saved_only_over_the_version_read():
    payment = a_payment("transfer")
    assert_refused(store.transition_payment(payment, "captured"))
    assert_commits(store.create_payment(payment))

    assert_refused(store.create_payment(payment))
    assert_commits(store.transition_payment(payment, "expired"))
    assert_refused(store.transition_payment(payment, "captured"))

    assert store.find_payment("pay_1") == lifecycle.transition(payment, "expired")


def test_a_receivable_is_created_once_and_deleted_only_as_it_was_read():
    receivable = a_receivable(100, settled=30)
    assert_refused(store.delete_receivable(receivable))
    assert_commits(store.create_receivable(receivable))

    assert_refused(store.create_receivable(receivable))
    assert_refused(store.delete_receivable(a_receivable(100, settled=20)))

    assert_commits(store.delete_receivable(receivable))
    assert store.list_open_receivables("cus_1") == []


def test_a_receivable_is_settled_only_as_it_was_read():
    receivable = a_receivable(100)
    part = receivables.apply_settlement(receivable, rupiah(40))
    assert_refused(*store.settle_receivable(receivable, part))
    assert_commits(store.create_receivable(receivable))

    assert_commits(*store.settle_receivable(receivable, part))
    assert_refused(*store.settle_receivable(receivable, part))
    assert_refused(*store.settle_receivable(receivable, receivables.apply_settlement(receivable, rupiah(100))))

    assert_commits(*store.settle_receivable(part, receivables.apply_settlement(part, rupiah(60))))
    assert store.list_open_receivables("cus_1") == []


def a_credit_payment(captured: int = 0) -> Payment:
    return a_payment("credit", 100, customer_id="cus_1", due_on=TODAY, captured=rupiah(captured))


@pytest.mark.parametrize("part", (40, 70, 100))
def test_a_credit_payment_is_covered_only_as_it_was_read(part):
    receivable = a_credit_payment(30 if part == 70 else 0)
    assert_refused(*store.cover_payments([(receivable, rupiah(part))]))
    assert_commits(
        store.create_payment(receivable),
        store.create_receivable(receivables.payment_to_receivable(replace(receivable, captured=rupiah(1)))),
    )

    assert_refused(*store.cover_payments([(receivable, rupiah(part))]))  # the receivable changed since it was read
    assert_commits(db.put(store._receivable_to_row(receivables.payment_to_receivable(receivable))))
    assert_refused(*store.cover_payments([(replace(receivable, version=2), rupiah(part))]))

    assert_commits(*store.cover_payments([(receivable, rupiah(part))]))
    assert store.find_payment(receivable.id) == lifecycle.cover(receivable, rupiah(part))


COVERED_RECEIVABLES = [
    (0, 40, [("open", 60, 0)]),
    (30, 40, [("partially_settled", 60, 30)]),
    (30, 70, [("settled", 30, 30)]),
    (0, 100, []),
]


@pytest.mark.parametrize("captured, part, rows", COVERED_RECEIVABLES)
def test_a_receivable_matches_its_payment_after_it_is_covered(captured, part, rows):
    receivable = a_credit_payment(captured)
    assert_commits(
        store.create_payment(receivable), store.create_receivable(receivables.payment_to_receivable(receivable))
    )

    assert_commits(*store.cover_payments([(receivable, rupiah(part))]))

    stored = db.query_all(store.ReceivableRow, "receivables#cus_1")
    assert [(row.status, row.amount_minor, row.settled_minor) for row in stored] == rows
    assert len(store.list_open_receivables("cus_1")) == sum(amount > settled for _, amount, settled in rows)


def test_a_cod_payment_has_no_receivable():
    cod = a_payment("cod", 100)
    assert_commits(store.create_payment(cod))

    assert_commits(*store.cover_payments([(cod, rupiah(30))]))

    assert store.find_payment(cod.id) == lifecycle.cover(cod, rupiah(30))


def test_cash_is_added_only_to_an_open_shift():
    missing = assert_refused(shift_store.add_cash(NEW_SHIFT, rupiah(5)), by=ShiftNotOpen)
    open_and_count()
    closed = assert_refused(shift_store.add_cash(NEW_SHIFT, rupiah(5)), by=ShiftNotOpen)

    assert missing.facts == {"shift_id": "shf_1", "shift_status": "unknown"}
    assert closed.facts == {"shift_id": "shf_1", "shift_status": "counted"}


def test_cash_is_removed_only_from_an_open_shift_whose_balance_is_unchanged():
    open_with_cash()

    assert_commits(shift_store.remove_cash(NEW_SHIFT, rupiah(60)))  # NEW_SHIFT has the unchanged balance
    shift = load_the_shift()
    assert_refused(shift_store.remove_cash(NEW_SHIFT, rupiah(60)))
    assert_commits(shift_store.add_cash(shift, rupiah(1)))
    assert_refused(shift_store.remove_cash(shift, rupiah(5)))

    assert_commits(shift_store.remove_cash(load_the_shift(), rupiah(5)))
    assert load_the_shift().expected == rupiah(36)


def test_no_cash_is_removed_from_a_counted_shift():
    assert_refused(shift_store.remove_cash(open_and_count(), rupiah(5)))


def test_one_cashier_opens_one_shift_at_one_till():
    open_with_cash()

    assert_refused(*shift_store.open_shift(replace(NEW_SHIFT, till="till-2", cashier="cashier-tono")))
    cashier = assert_refused(
        *shift_store.open_shift(replace(NEW_SHIFT, id="shf_2", till="till-2")), by=ShiftAlreadyOpen
    )
    till = assert_refused(*shift_store.open_shift(replace(NEW_SHIFT, id="shf_2", cashier="cashier-tono")), by=TillInUse)

    assert cashier.facts == {"shift_id": "shf_1"}
    assert till.facts == {"till": "till-1", "shift_id": "shf_1"}


def test_a_shift_is_counted_only_at_the_version_and_balance_read():
    shift = open_with_cash(cash_in=30, cash_out=7)

    assert_refused(*shift_store.count_shift(replace(shift, version=2), rupiah(123), HEAD))
    assert_refused(*shift_store.count_shift(replace(shift, cash_in=rupiah(29)), rupiah(123), HEAD))
    assert_refused(*shift_store.count_shift(replace(shift, cash_out=None), rupiah(123), HEAD))

    assert_commits(*shift_store.count_shift(shift, rupiah(123), HEAD))


def test_a_shift_is_counted_only_while_it_is_its_cashiers_current_shift():
    shift = open_with_cash()
    pointer = shift_store.ShiftRow(shift_store.open_shift_key(shift.cashier).pk, "shift")
    assert_commits(db.update(pointer, shift_store.ShiftRow.id.set("shf_2")))

    assert_refused(*shift_store.count_shift(shift, rupiah(100), HEAD))


def test_a_shift_is_closed_from_the_version_read_and_only_after_counting():
    shift = open_and_count()

    assert_refused(*shift_store.close_shift(replace(shift, version=1), shift, NOON, Head(3, "three")))

    assert_commits(*shift_store.close_shift(shift, shift, NOON, Head(3, "three")))
    assert load_the_shift().status == "closed"


def test_an_uncounted_shift_is_not_closed():
    shift = open_with_cash()

    assert_refused(*shift_store.close_shift(shift, shift, NOON, HEAD))


def test_a_ledger_line_and_its_sums_are_saved_once():
    line = LedgerLine("2026-11-22", "evt_1", 0, "captured", "cash", "pos", 100, "IDR", "", payment_id="pay_1")
    assert_commits(*ledger_store.save_lines([line]))

    assert_refused(*ledger_store.save_lines([line]), by=AlreadyBooked)
    assert_refused(*ledger_store.save_lines([replace(line, number=1), line]), by=AlreadyBooked)

    assert_commits(*ledger_store.save_lines([replace(line, number=1, minor=30)]))
    assert ledger_store.load_posted_amounts(["pay_1"]) == {"pay_1": 130}
    assert [line.minor for line in ledger_store.list_lines_of_day(line.day)] == [100, 30]

"""Each condition of the room's writes, term by term."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.kit import db
from chalicelib.kit.journal import Head
from chalicelib.payments import owe, pay, shift_store, store
from chalicelib.payments.model import Shift, ShiftAlreadyOpen, ShiftNotOpen, TillInUse
from tests.conditions import lands, memory, refused  # noqa: F401
from tests.payments.build import NOON, a_payment, a_receivable, rupiah

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

import json

import pytest

from chalicelib.kit import db, ids
from chalicelib.kit.errors import Moved
from chalicelib.payments import instruct, model, owe, pay, shift_store, store
from chalicelib.payments.model import bag_of
from chalicelib.payments.pay import PaymentTerms
from tests.payments.build import NOON, TODAY, an_open_shift, rupiah, shift


def units(row):
    """DynamoDB charges a write unit for each started kilobyte."""
    item = row.serialize()
    return len(json.dumps(item)) // 1024 + 1


def a_long_payment(method, **said):
    shift_id = ids.new("shf", NOON)
    drawer = model.Shift(shift_id, "till-store-tunjungan-plaza-2", "store-tunjungan", "cashier-sinta", rupiah(0))
    terms = PaymentTerms(
        ids.new("ord", NOON),
        actor="cashier-sinta-wulandari",
        channel="marketplace",
        shift=drawer,
        customer_id=ids.new("cus", NOON),
        due_on=TODAY,
        reference="SK-7H2K9M-4",
        expires_at=NOON,
    )
    [payment] = pay.build_payments(terms, [(method, None)], rupiah(999_999_999), [ids.new("pay", NOON)])
    return payment


@pytest.mark.parametrize("method", model.METHODS)
def test_a_payment_fits_one_write_unit_and_comes_back_as_it_was(aws, method):
    payment = a_long_payment(method)

    db.commit([store.open_payment(payment)])

    assert units(store._payment_row(payment)) == 1
    assert store.load_payment(payment.id) == payment


def test_a_receivable_fits_one_write_unit(aws):
    assert units(store._receivable_row(owe.receivable_of(a_long_payment("credit")))) == 1


def test_a_payment_that_moved_meanwhile_is_not_moved_again(aws):
    payment = a_long_payment("transfer")
    db.commit([store.open_payment(payment)])
    db.commit([store.move_payment(payment, "expired")])

    with pytest.raises(Moved):
        db.commit([store.move_payment(payment, "captured")])

    assert store.load_payment(payment.id).status == "expired"


def test_the_shift_read_while_placing_names_the_drawer_that_cash_goes_into(aws):
    drawer = an_open_shift(opening=10)
    key = shift_store.shift_key(drawer.cashier)

    seen = shift_store.as_shift(db.batch([key])[key])
    db.commit([shift_store.cash_into(seen, rupiah(5))])

    assert (seen.id, seen.till, shift(drawer.id).expected) == (drawer.id, drawer.till, rupiah(15))


def test_a_bag_comes_into_being_by_filling_it(aws):
    db.commit([shift_store.cash_into(bag_of("courier-agus", "IDR"), rupiah(5))])

    found = shift("cod:courier-agus")

    assert (found.cashier, found.expected, found.status, found.is_bag) == ("courier-agus", rupiah(5), "open", True)


def test_the_payer_of_a_transfer_is_told_where_to_how_much_and_under_which_reference(monkeypatch):
    monkeypatch.setenv("SATUKANAL_BANK_ACCOUNT", "123-456")
    payment = a_long_payment("transfer")

    assert instruct.action(payment) == {
        "kind": "instructions",
        "bank": "Bank Contoh",
        "account": "123-456",
        "holder": "Satukanal",
        "amount": {"amount": 999_999_999, "currency": "IDR"},
        "reference": "SK-7H2K9M-4",
        "expires_at": "2026-11-22T05:00:00.000Z",
    }
    assert instruct.action(pay.moved(payment, "captured")) is None
    assert instruct.action(a_long_payment("cod")) is None

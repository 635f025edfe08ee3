import json

import pytest

from chalicelib.kit import db, ids
from chalicelib.kit.errors import StaleVersion
from chalicelib.payments import lifecycle, model, receivables, shift_store, store, transfer_instructions
from chalicelib.payments.lifecycle import PaymentContext
from chalicelib.payments.model import build_cash_bag
from tests.payments.build import NOON, TODAY, an_open_shift, load_shift, rupiah


def write_units(row):
    """Return the write units of a row: DynamoDB charges one per started kilobyte."""
    item = row.serialize()
    return len(json.dumps(item)) // 1024 + 1


def a_payment_with_long_values(method):
    shift_id = ids.new("shf", NOON)
    shift = model.Shift(shift_id, "till-store-tunjungan-plaza-2", "store-tunjungan", "cashier-sinta", rupiah(0))
    context = PaymentContext(
        ids.new("ord", NOON),
        actor="cashier-sinta-wulandari",
        channel="marketplace",
        shift=shift,
        customer_id=ids.new("cus", NOON),
        due_on=TODAY,
        reference="SK-7H2K9M-4",
        expires_at=NOON,
    )
    [payment] = lifecycle.build_payments(context, [(method, None)], rupiah(999_999_999), [ids.new("pay", NOON)])
    return payment


@pytest.mark.parametrize("method", model.PAYMENT_METHODS)
def test_a_payment_fits_one_write_unit_and_is_loaded_unchanged(aws, method):
    payment = a_payment_with_long_values(method)

    db.commit([store.create_payment(payment)])

    assert write_units(store._payment_to_row(payment)) == 1
    assert store.find_payment(payment.id) == payment


def test_a_receivable_fits_one_write_unit(aws):
    assert (
        write_units(store._receivable_to_row(receivables.payment_to_receivable(a_payment_with_long_values("credit"))))
        == 1
    )


def test_a_stale_payment_is_not_saved(aws):
    payment = a_payment_with_long_values("transfer")
    db.commit([store.create_payment(payment)])
    db.commit([store.transition_payment(payment, "expired")])

    with pytest.raises(StaleVersion):
        db.commit([store.transition_payment(payment, "captured")])

    assert store.find_payment(payment.id).status == "expired"


def test_the_open_shift_read_while_placing_names_the_till_for_cash(aws):
    shift = an_open_shift(opening=10)
    key = shift_store.open_shift_key(shift.cashier)

    pointer = shift_store.row_to_shift(db.batch([key])[key])
    db.commit([shift_store.add_cash(pointer, rupiah(5))])

    assert (pointer.id, pointer.till, load_shift(shift.id).expected) == (shift.id, shift.till, rupiah(15))


def test_a_cash_bag_is_created_by_adding_cash(aws):
    db.commit([shift_store.add_cash(build_cash_bag("courier-agus", "IDR"), rupiah(5))])

    bag = load_shift("cod:courier-agus")

    assert (bag.cashier, bag.expected, bag.status, bag.is_cash_bag) == ("courier-agus", rupiah(5), "open", True)


def test_transfer_instructions_name_account_amount_and_reference(monkeypatch):
    monkeypatch.setenv("SATUKANAL_BANK_ACCOUNT", "123-456")
    payment = a_payment_with_long_values("transfer")

    assert transfer_instructions.build_next_action(payment) == {
        "kind": "instructions",
        "bank": "Bank Contoh",
        "account": "123-456",
        "holder": "Satukanal",
        "amount": {"amount": 999_999_999, "currency": "IDR"},
        "reference": "SK-7H2K9M-4",
        "expires_at": "2026-11-22T05:00:00.000Z",
    }
    assert transfer_instructions.build_next_action(lifecycle.transition(payment, "captured")) is None
    assert transfer_instructions.build_next_action(a_payment_with_long_values("cod")) is None

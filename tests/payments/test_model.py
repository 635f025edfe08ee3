"""Transition tables of payments, shifts and receivables, and the expected cash of a shift. Pure."""

from dataclasses import replace

import pytest

from chalicelib.catalog.model import PAYMENT_METHOD_CODES
from chalicelib.payments.model import (
    CASH_HANDLER_ROLES,
    PAYMENT_METHODS,
    PAYMENT_STATES,
    RECEIVABLE_STATES,
    SHIFT_STATES,
    MayNotTakeCash,
    NoOpenShift,
    Payment,
    PaymentRecord,
    PaymentStatus,
    ReceivableStatus,
    Shift,
    ShiftStatus,
    build_cash_bag,
    build_cash_refusal,
)
from tests.payments.build import a_payment, rupiah

A_SHIFT = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))
TABLES = {**PAYMENT_STATES, "shift": SHIFT_STATES, "receivable": RECEIVABLE_STATES}
INITIAL_STATES = {code: method.initial for code, method in PAYMENT_METHODS.items()} | {
    "shift": "open",
    "receivable": "open",
}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reachable_and_every_target_is_known(name):
    table, reached, pending = TABLES[name], set(), [INITIAL_STATES[name]]

    while pending:
        state = pending.pop()
        reached.add(state)
        pending += [to for to in table[state] if to not in reached]

    assert reached == set(table)


def test_every_status_occurs_in_a_transition_table():
    assert set().union(*PAYMENT_STATES.values()) == set(PaymentStatus)
    assert set(SHIFT_STATES) == set(ShiftStatus) and set(RECEIVABLE_STATES) == set(ReceivableStatus)


def test_final_states_have_no_transitions():
    final_states = {name: {state for state, targets in table.items() if not targets} for name, table in TABLES.items()}

    assert final_states == {
        "cash": {"captured"},
        "cod": {"captured", "cancelled"},
        "transfer": {"captured"},
        "credit": {"captured", "cancelled"},
        "shift": {"closed"},
        "receivable": {"settled", "written_off"},
    }


def test_every_method_has_a_table_with_its_initial_status():
    assert set(PAYMENT_METHODS) == set(PAYMENT_STATES) == set(PAYMENT_METHOD_CODES)
    assert all(method.initial in PAYMENT_STATES[code] for code, method in PAYMENT_METHODS.items())


def test_expected_cash_is_the_float_plus_cash_in_minus_cash_out():
    opened = replace(A_SHIFT, opening=rupiah(100))

    assert opened.expected == rupiah(100)
    assert replace(opened, cash_in=rupiah(30)).expected == rupiah(130)
    assert replace(opened, cash_in=rupiah(30), cash_out=rupiah(7)).expected == rupiah(123)


def test_a_cash_bag_is_an_empty_shift_without_location_named_after_its_holder():
    bag = build_cash_bag("courier-agus", "IDR")

    assert bag == Shift("cod:courier-agus", "cod:courier-agus", "", "courier-agus", rupiah(0))
    assert (bag.is_cash_bag, A_SHIFT.is_cash_bag) == (True, False)


def test_an_event_publishes_a_payment_with_the_given_amount() -> None:
    payment = Payment("pay_1", "ord_1", "transfer", rupiah(500), PaymentStatus.PROOF_SUBMITTED, rupiah(0), rupiah(0))

    assert payment.to_record(rupiah(200)) == PaymentRecord("pay_1", "transfer", 200, PaymentStatus.PROOF_SUBMITTED)


def test_only_roles_that_may_open_a_shift_are_told_to_open_one():
    assert {type(build_cash_refusal(role)) for role in CASH_HANDLER_ROLES} == {NoOpenShift}
    assert type(build_cash_refusal("agent")) is MayNotTakeCash


def test_the_proofs_of_a_payment_are_the_replaced_ones_and_the_latest():
    replaced = (("BCA 12", "proofs/1.jpg"),)

    assert a_payment("transfer").proofs == ()
    assert a_payment("transfer", earlier_proofs=replaced).proofs == replaced
    assert a_payment("transfer", earlier_proofs=replaced, proof="BCA 13").proofs == (*replaced, ("BCA 13", ""))
    assert a_payment("transfer", proof_file="proofs/2.jpg").proofs == (("", "proofs/2.jpg"),)

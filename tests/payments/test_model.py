"""The states of tenders, drawers and debts, and what a drawer should hold. Pure."""

from dataclasses import replace

import pytest

from chalicelib.payments.model import (
    METHODS,
    RECEIVABLE_STATES,
    SHIFT_STATES,
    STATES,
    PaymentStatus,
    ReceivableStatus,
    Shift,
    ShiftStatus,
    bag_of,
)
from tests.payments.build import rupiah

DRAWER = Shift("shf_1", "till-1", "store-darmo", "cashier-sinta", rupiah(0))
TABLES = {**STATES, "shift": SHIFT_STATES, "receivable": RECEIVABLE_STATES}
STARTS = {code: method.initial for code, method in METHODS.items()} | {"shift": "open", "receivable": "open"}


@pytest.mark.parametrize("name", TABLES)
def test_every_state_is_reached_from_the_first_and_every_target_is_known(name):
    table, reached, todo = TABLES[name], set(), [STARTS[name]]

    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [to for to in table[state] if to not in reached]

    assert reached == set(table)


def test_every_state_has_a_table_that_knows_it():
    assert set().union(*STATES.values()) == set(PaymentStatus)
    assert set(SHIFT_STATES) == set(ShiftStatus) and set(RECEIVABLE_STATES) == set(ReceivableStatus)


def test_money_taken_and_books_closed_are_ends():
    ends = {name: {state for state, to in table.items() if not to} for name, table in TABLES.items()}

    assert ends == {
        "cash": {"captured"},
        "cod": {"captured", "cancelled"},
        "transfer": {"captured"},
        "credit": {"captured", "cancelled"},
        "shift": {"closed"},
        "receivable": {"settled", "written_off"},
    }


def test_every_method_has_a_table_that_starts_where_the_method_does():
    assert set(METHODS) == set(STATES)
    assert all(method.initial in STATES[code] for code, method in METHODS.items())


def test_a_drawer_should_hold_what_it_opened_with_and_what_came_in_less_what_went_out():
    opened = replace(DRAWER, opening=rupiah(100))

    assert opened.expected == rupiah(100)
    assert replace(opened, cash_in=rupiah(30)).expected == rupiah(130)
    assert replace(opened, cash_in=rupiah(30), cash_out=rupiah(7)).expected == rupiah(123)


def test_a_bag_is_an_empty_drawer_of_no_place_named_after_its_carrier():
    bag = bag_of("courier-agus", "IDR")

    assert bag == Shift("cod:courier-agus", "cod:courier-agus", "", "courier-agus", rupiah(0))
    assert (bag.is_bag, DRAWER.is_bag) == (True, False)

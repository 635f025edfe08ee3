from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import CURRENCIES
from chalicelib.orders.model import OrderPlacedLine
from chalicelib.payments.model import Posting
from chalicelib.reporting.model import (
    DIMENSIONS,
    SALE_STATES,
    Cell,
    Figures,
    SaleStatus,
    figures_of_postings,
    figures_of_sale,
    key_to_cell,
    roll_up,
)
from chalicelib.reporting.recap import COUNTS, escape_formula, format_figure, rows_to_csv
from chalicelib.reporting.store import months

counts = st.integers(-1_000_000, 1_000_000)
cells = st.builds(
    Cell,
    day=st.sampled_from(["2026-11-21", "2026-11-22"]),
    channel=st.sampled_from(["web", "pos"]),
    location=st.sampled_from(["", "store"]),
    salesman=st.sampled_from(["", "budi"]),
    currency=st.sampled_from(["IDR", "USD"]),
)
figures = st.builds(Figures, orders=counts, sales_minor=counts, cash_minor=counts)


@given(st.dictionaries(cells, figures, max_size=12), st.sets(st.sampled_from(DIMENSIONS)))
def test_cutting_the_cells_anew_loses_and_mixes_nothing(kept: dict[Cell, Figures], by: set[str]) -> None:
    rows = roll_up(kept, sorted(by))

    for currency in CURRENCIES:
        mine = [each for cell, each in kept.items() if cell.currency == currency]
        shown = [each for cell, each in rows if cell.currency == currency]
        assert sum(each.sales_minor for each in mine) == sum(each.sales_minor for each in shown)
    assert len({cell for cell, _ in rows}) == len(rows)


@given(cells)
def test_a_cells_key_reads_back(cell: Cell) -> None:
    assert key_to_cell(cell.key) == cell


def test_a_sale_with_an_unknown_cost_says_for_how_many_units() -> None:
    sale = figures_of_sale([OrderPlacedLine("A", 2, 200, 20, 100), OrderPlacedLine("B", 3, 300, 30)], 15)

    assert sale == Figures(
        orders=1, units=5, sales_minor=500, freight_minor=15, tax_minor=50, cost_minor=100, uncosted_units=3
    )
    assert sale.margin_minor == 350


def test_only_drawers_and_the_bank_hold_money() -> None:
    accounts = {"till:1": 300, "bank": 200, "order:ord_1": -500, "receivable:cus_1": 70, "sales": -70}

    assert figures_of_postings(Posting(*each) for each in accounts.items()) == Figures(
        cash_minor=300, noncash_minor=200
    )


def test_months_between_days() -> None:
    assert months(date(2026, 11, 30), date(2027, 2, 1)) == ["2026-11", "2026-12", "2027-01", "2027-02"]


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"=1', "'=1"])
def test_no_cell_of_a_spreadsheet_becomes_a_formula(evil: str) -> None:
    assert escape_formula(evil) == "'" + evil
    assert evil.strip() in rows_to_csv([(Cell(salesman=evil, currency="IDR"), Figures())], ["salesman"]).replace(
        '""', '"'
    )


def test_harmless_names_stay_as_they_are_and_amounts_keep_their_sign() -> None:
    assert escape_formula("store-tunjungan") == "store-tunjungan"
    assert format_figure((Cell(currency="USD"), Figures(sales_minor=-1205)), "sales") == "-12.05"
    assert set(COUNTS) & {"sales", "cash"} == set()


def test_a_sale_is_counted_once_and_dropped_for_good() -> None:
    assert {SaleStatus.COUNTED: {SaleStatus.DROPPED}, SaleStatus.DROPPED: set()} == SALE_STATES
    assert set(SALE_STATES) == set(SaleStatus)
